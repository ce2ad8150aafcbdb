/** What the page and its worker say to each other, besides the requests to the machine. */
import type { RunFile } from '../../runs/format.js';

export type ToWorker =
  /** The file of a run. */
  | { kind: 'open'; file: ArrayBuffer }
  /** Starts the machine of the run that was opened, where it ended. The answer is that of a start (id 0). */
  | { kind: 'resume' };

export type FromWorker =
  | {
      kind: 'opened';
      run: RunFile;
      /** PNG files by their digests. */
      screens: Map<string, Uint8Array<ArrayBuffer>>;
    }
  /** In words. */
  | { kind: 'refused'; why: string };
