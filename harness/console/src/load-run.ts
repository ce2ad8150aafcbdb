/** Where the page gets its run from, and what it shows of it. */
import type { RunFile } from '../../runs/format.js';
import type { FromWorker, ToWorker } from './protocol.js';
import { newWorker } from './remote-machine.js';

export interface LoadedRun {
  /** As it came, to start machines from. */
  file: ArrayBuffer;
  run: RunFile;
  /** Addresses of the pictures, by their digests. */
  screens: Map<string, string>;
}

/** The file beside the page. @throws Error in words */
export async function fetchRun(): Promise<ArrayBuffer> {
  const response = await fetch('./run.zip');
  if (!response.ok) throw new Error(`There is no run beside this page (run.zip: ${response.status})`);
  return await response.arrayBuffer();
}

/** Reads it in a worker: unpacking a machine of 128 MB takes a second. */
export async function loadRun(file: ArrayBuffer): Promise<LoadedRun> {
  const worker = newWorker();
  try {
    const answer = await new Promise<FromWorker>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ kind: 'open', file } satisfies ToWorker);
    });
    if (answer.kind === 'refused') throw new Error(answer.why);
    const screens = new Map<string, string>();
    for (const [digest, bytes] of answer.screens) {
      screens.set(digest, URL.createObjectURL(new Blob([bytes], { type: 'image/png' })));
    }
    return { file, run: answer.run, screens };
  } finally {
    worker.terminate();
  }
}
