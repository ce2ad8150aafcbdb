/** What one machine's screen showed, in order, while its test runs: kept in a thread, each picture once, not more than there is room for. */
import type { GuestTime } from '../../sdk/engines/engine.js';
import { JobThread } from '../../sdk/job-thread.js';
import type { ScreenContent } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { planVideo, type FilmedStep, type Look, type VideoPlan } from './plan.js';
import type { ReelJob } from './reel.thread.js';
import { showsTheSame } from './same.js';

const thread = new JobThread<ReelJob, number | Uint8Array>(new URL('./reel.thread.js', import.meta.url));

/** Pictures of a machine. Making a video takes about 7 ms for one of 720x400, 20 ms for one of 1024x768. */
export const MOST_PICTURES = 1_500;
/** Bytes of a machine's pictures, packed. */
export const MOST_BYTES = 128 << 20;
/** Pictures that wait for the thread: 3 MB each. What comes while there are as many replaces what came before it. */
const MOST_WAITING = 8;
/** When there are too many pictures, every second one goes, but not the last ones. */
const LAST_KEPT = 5;

interface KeptLook extends Look {
  /** 0 while it is being packed. */
  bytes: number;
}
interface Seen {
  look: Look;
  content: ScreenContent;
}

let looksTaken = 0;

export class Film {
  #looks: KeptLook[] = [];
  readonly #steps: FilmedStep[] = [];
  #last: Seen | null = null;
  #held: Seen | null = null;
  #waiting = 0;
  #bytes = 0;

  /** Of every look that the scenario takes. */
  looked({ content, time, width, height }: Frame): void {
    if (this.#last !== null && showsTheSame(this.#last.content, content)) return;
    this.#last = { look: { id: ++looksTaken, at: time, width, height }, content };
    if (this.#waiting >= MOST_WAITING) this.#held = this.#last;
    else this.#keep(this.#last);
  }

  /** A step begins. */
  step(title: string, at: GuestTime): void {
    this.#steps.push({ title, at, after: this.#last?.look.id ?? null });
  }

  /** @param end guest time now. @returns null when nothing was seen */
  plan(end: GuestTime): VideoPlan | null {
    this.#keepHeld();
    return planVideo(this.#looks, this.#steps, end);
  }

  /** RGBA of a shot of the plan, on black if it is smaller than that. */
  async draw(id: number, { width, height }: { width: number; height: number }): Promise<Uint8Array> {
    const drawn = await thread.run({ kind: 'draw', id, width, height });
    if (typeof drawn === 'number') throw new Error('the thread gave no picture');
    return drawn;
  }

  /** Gives its room back. */
  drop(): void {
    this.#held = null;
    dropPictures(this.#looks);
    this.#looks = [];
  }

  #keep({ look, content }: Seen): void {
    const kept = { ...look, bytes: 0 };
    this.#looks.push(kept);
    this.#waiting++;
    void thread
      .run({ kind: 'keep', id: look.id, content })
      .then(
        (bytes) => {
          kept.bytes = Number(bytes);
          this.#bytes += kept.bytes;
        },
        // Whoever asks for the picture hears that it is not there.
        () => undefined,
      )
      .then(() => {
        this.#waiting--;
        this.#keepHeld();
        if (this.#looks.length > MOST_PICTURES || this.#bytes > MOST_BYTES) this.#thin();
      });
  }

  #keepHeld(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#keep(held);
  }

  #thin(): void {
    const from = this.#looks.length - LAST_KEPT;
    const goes = (index: number): boolean => index < from && index % 2 === 1;
    const gone = this.#looks.filter((_, index) => goes(index));
    this.#looks = this.#looks.filter((_, index) => !goes(index));
    this.#bytes = this.#looks.reduce((sum, { bytes }) => sum + bytes, 0);
    dropPictures(gone);
  }
}

function dropPictures(looks: readonly Look[]): void {
  if (looks.length === 0) return;
  // A thread that has ended keeps none.
  void thread.run({ kind: 'drop', ids: looks.map(({ id }) => id) }).catch(() => undefined);
}
