/** What a group of benches is to the runner. */
import type { Figures } from './figures.js';

export interface Group {
  /** Measures everything; `note` is told what was done, one line at a time, as it goes on. */
  measure(note: (line: string) => void): Promise<Figures>;
}
