/** The worker of the page: runs the machine of a run, with the driver that Node has. */
import { startInBrowser, type BrowserSession, type Request } from '../../../sdk/engines/browser.js';
import wasmUrl from '../../../node_modules/v86/build/v86.wasm?url';
import { blocksOf, hardwareOf, readParts, type MachineParts } from './machine-parts.js';
import { openRun } from './open-run.js';
import { plainError } from './page-errors.js';
import type { FromWorker, StartsFrom, ToWorker } from './protocol.js';

interface Prepared {
  parts: MachineParts;
  wasmModule: WebAssembly.Module;
}

let prepared: Promise<Prepared> | null = null;
let session: BrowserSession | null = null;

self.onmessage = ({ data }: MessageEvent<ToWorker | Request>) => {
  if ('name' in data) {
    session?.receive(data);
    return;
  }
  void carryOut(data).catch((error: unknown) => {
    self.postMessage({ kind: 'refused', error: plainError(error) } satisfies FromWorker);
  });
};

async function carryOut(message: ToWorker): Promise<void> {
  if (message.kind === 'prepare') {
    prepared = prepare(message.file);
    // Said to whoever wants the machine: the run can be looked at without it.
    prepared.catch(() => undefined);
    return;
  }
  if (prepared === null) throw new Error('No run has been prepared');
  session = await start(await prepared, message.from);
}

async function prepare(file: Blob): Promise<Prepared> {
  // Not compileStreaming, which wants a web server that knows the type of the file.
  const compiled = fetch(wasmUrl).then(async (response) => await WebAssembly.compile(await response.arrayBuffer()));
  const [parts, wasmModule] = await Promise.all([openRun(file).then(readParts), compiled]);
  return { parts, wasmModule };
}

async function start({ parts, wasmModule }: Prepared, from: StartsFrom): Promise<BrowserSession> {
  const { state, bios, vgaBios, resume } = parts;
  return await startInBrowser({
    hardware: hardwareOf(parts),
    firmware: { bios, vgaBios },
    identity: resume.identity,
    state: from === 'power-on' ? null : state,
    wasmModule,
    openBlocks: (source) => blocksOf(parts, source),
    post: (message) => self.postMessage(message),
  });
}
