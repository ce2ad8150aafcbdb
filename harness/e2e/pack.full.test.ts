/** Usable outside this repository: packed, installed into an empty folder, and used there. */
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { PACKAGE, UserFolder } from './command-line.js';

const manifestSchema = z.object({
  bin: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
  devDependencies: z.record(z.string(), z.string()),
});

async function readManifest() {
  return manifestSchema.parse(JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')));
}

test('the package holds what its manifest names, and no tests', async () => {
  const { stdout } = await execa('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: PACKAGE });
  const [packed] = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]).parse(JSON.parse(stdout));
  const files = packed.files.map(({ path }) => path);
  const { bin, exports } = await readManifest();
  const named = [...Object.values(bin), ...Object.values(exports).flatMap((target) => Object.values(target))]
    // A target that is a string itself falls apart into letters.
    .filter((path) => path.length > 1)
    .map((path) => path.replace(/^\.\//, ''));
  expect(named.length).toBeGreaterThanOrEqual(5);
  expect(files).toEqual(expect.arrayContaining([...named, 'LICENSE']));
  expect(files.filter((path) => /\.(test|spec)\./.test(path) || path.startsWith('scenarios/'))).toEqual([]);
});

// About 40 s of one core; the limit leaves room for a busy machine.
test('installed into an empty folder: init, types, and the first scenario passes', { timeout: 300_000 }, async () => {
  await using folder = await UserFolder.empty();
  const run = (command: string, args: readonly string[], options: Options = {}) =>
    execa(command, args, { cwd: folder.path, stdin: 'ignore', env: { FORCE_COLOR: '0' }, ...options });

  const packArgs = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path];
  const { stdout } = await execa('npm', packArgs, { cwd: PACKAGE });
  const [{ filename }] = z.tuple([z.object({ filename: z.string() })]).parse(JSON.parse(stdout));
  const { devDependencies } = await readManifest();
  const others = ['@playwright/test', '@types/node', 'typescript'].map(
    (name) => `${name}@${devDependencies[name] ?? ''}`,
  );
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`, ...others]);

  await run('npx', ['--no-install', 'guestwright', 'init']);
  // Types: the generated files as they are, then one with a mistake that only resolved types can find.
  await run('npx', ['--no-install', 'tsc']);
  const mistake = `import { test } from 'guestwright';\ntest('x', async ({ machine }) => { await machine.fly(); });\n`;
  await writeFile(join(folder.path, 'scenarios/mistake.mts'), mistake);
  const wrong = await run('npx', ['--no-install', 'tsc'], { reject: false });
  expect(wrong.stdout).toContain("Property 'fly' does not exist on type 'Machine'");

  const resolve = `console.log(JSON.stringify(['guestwright', 'guestwright/sdk', 'guestwright/sdk/screen'].map((name) => import.meta.resolve(name))))`;
  const resolved = await run('node', ['--input-type=module', '--eval', resolve]);
  const urls = z
    .array(z.string())
    .length(3)
    .parse(JSON.parse(String(resolved.stdout)));
  const inside = await realpath(join(folder.path, 'node_modules/guestwright'));
  expect(inside).toBe(join(await realpath(folder.path), 'node_modules/guestwright'));
  for (const url of urls) expect(await realpath(new URL(url))).toContain(inside);
  // Nothing in it leads back to where it was built.
  const leads = await run('grep', ['-rlF', PACKAGE, 'node_modules/guestwright'], { reject: false });
  expect(leads.stdout).toBe('');

  const ran = await run('npx', ['--no-install', 'guestwright', 'run'], { reject: false });
  expect(ran.stdout).toContain('1 passed');
  expect(ran.exitCode).toBe(0);
});
