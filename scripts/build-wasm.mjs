// Compiles the port of pixelmatch's count (AssemblyScript) twice, with SIMD and without, and embeds both in one module of
// dist, so that nothing has to find or fetch a file at run time. Does nothing when that module is newer than its sources.
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ENTRY = 'sdk/screen/wasm/assembly/count.ts';
const target = join(root, 'dist/sdk/screen/wasm/binary.js');
const sources = [ENTRY, 'scripts/build-wasm.mjs', 'node_modules/assemblyscript/package.json'];

// WebAssembly does no arithmetic but that of the standard's doubles: no option here may change a rounding.
const OPTIONS = ['-O3', '--converge', '--noAssert', '--runtime', 'stub'];

if (!isFresh()) {
  const simd = await compile(['--enable', 'simd']);
  const plain = await compile([]);
  write(`// Made by scripts/build-wasm.mjs of ${ENTRY}.
export const simd = '${simd}';
export const plain = '${plain}';
`);
}

function isFresh() {
  const made = statSync(target, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && sources.every((file) => statSync(join(root, file)).mtimeMs < made);
}

/** The module's bytes as base64. */
async function compile(options) {
  const { default: asc } = await import('assemblyscript/asc');
  let bytes;
  const { error, stderr } = await asc.main([ENTRY, '--outFile', 'count.wasm', ...OPTIONS, ...options], {
    baseDir: root,
    writeFile: (name, content) => {
      if (name === 'count.wasm') bytes = content;
    },
  });
  if (error !== null || bytes === undefined) {
    console.error(`build-wasm: ${ENTRY} could not be compiled\n${stderr.toString()}${error?.message ?? ''}`);
    process.exit(1);
  }
  return Buffer.from(bytes).toString('base64');
}

function write(text) {
  mkdirSync(dirname(target), { recursive: true });
  const beside = `${target}.${process.pid}.part`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, target);
  } finally {
    rmSync(beside, { force: true });
  }
}
