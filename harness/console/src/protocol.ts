/** What the page and its worker say to each other, besides the requests to the machine. */
import type { PlainError } from './page-errors.js';

export type ToWorker =
  /** Unpacks the machine of a run. What is wrong with it is the answer to `resume`. */
  | { kind: 'prepare'; file: Blob }
  /** Starts the machine, where its run ended or began. The answer is that of a start (id 0), or `refused`. */
  | { kind: 'start'; from: StartsFrom };

export type StartsFrom = 'the end' | 'power-on';

export interface FromWorker {
  kind: 'refused';
  error: PlainError;
}
