/**
 * Snapshots that a running engine holds of its last instants, so that those before the end of a run can be stored then:
 * what a scenario does last is what is changed most often.
 */
import type { EngineSnapshot } from '../engines/engine.js';
import type { SnapshotPoint } from './journal.js';

/** So many at most. */
const MOST = 4;
/** And no more than so many bytes of guests' memory. */
const MOST_BYTES = 1 << 30;

export interface Held extends SnapshotPoint {
  id: string;
  bytes: number;
}

export class HeldSnapshots {
  #held: Held[] = [];

  /** @returns those that are not held any more */
  add(point: SnapshotPoint, { id, bytes }: EngineSnapshot): Held[] {
    this.#held.push({ ...point, id, bytes });
    const dropped: Held[] = [];
    while (this.#held.length > 1 && (this.#held.length > MOST || this.#bytes > MOST_BYTES)) {
      dropped.push(...this.#held.splice(0, 1));
    }
    return dropped;
  }

  get #bytes(): number {
    return this.#held.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** All of them, the latest first; none is held any more. */
  take(): Held[] {
    const held = this.#held;
    this.#held = [];
    return held.reverse();
  }
}
