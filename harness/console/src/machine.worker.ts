/** The worker of the page: opens the file of a run, and runs its machine, with the driver that Node has. */
import { startInBrowser, type BrowserSession, type Request } from '../../../sdk/engines/browser.js';
import wasmUrl from '../../../node_modules/v86/build/v86.wasm?url';
import { blocksOf, hardwareOf } from './machine-parts.js';
import { openRun, screensOf, type OpenedRun } from './open-run.js';
import type { FromWorker, ToWorker } from './protocol.js';

let opened: OpenedRun | null = null;
let session: BrowserSession | null = null;

const say = (message: FromWorker): void => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToWorker | Request>) => {
  if ('name' in data) {
    session?.receive(data);
    return;
  }
  void carryOut(data).catch((error: unknown) => {
    say({ kind: 'refused', why: error instanceof Error ? error.message : String(error) });
  });
};

async function carryOut(message: ToWorker): Promise<void> {
  if (message.kind === 'open') {
    opened = openRun(new Uint8Array(message.file));
    say({ kind: 'opened', run: opened.run, screens: screensOf(opened) });
    return;
  }
  if (opened === null) throw new Error('No run has been opened');
  session = await resume(opened);
}

async function resume(from: OpenedRun): Promise<BrowserSession> {
  const { run, files } = from;
  if (run.resume === null) throw new Error(`This run cannot go on: ${run.why ?? 'it has no state'}`);
  const [state, bios, vgaBios] = ['state', 'bios', 'vgabios'].map((name) => files[name]);
  if (state === undefined || bios === undefined || vgaBios === undefined) {
    throw new Error('This run cannot go on: its state or its firmware is not in it');
  }
  return await startInBrowser({
    hardware: hardwareOf(from, run.resume.hardware),
    firmware: { bios, vgaBios },
    identity: run.resume.identity,
    state,
    wasmModule: await WebAssembly.compile(await (await fetch(wasmUrl)).arrayBuffer()),
    openBlocks: (source) => blocksOf(from, source),
    post: (message) => self.postMessage(message),
  });
}
