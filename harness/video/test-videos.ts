/** The videos of the machines of a running test: begun where they are launched, told of steps, made where the test ends. */
import type { TestInfo } from '@playwright/test';
import type { Machine } from '../../sdk/machine/types.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { findFfmpeg, INSTALL_FFMPEG } from './find-ffmpeg.js';
import { Film } from './film.js';
import { isFilmed, isKept, sizeOf, type VideoOption } from './mode.js';

/** Wall ms for the videos of all machines of a test. */
const VIDEOS_MS = 60_000;
/** Machines of a test that are filmed: a scenario may fork a hundred. */
const MOST_FILMED = 16;

/** Type of the test annotation that says why there is no video. */
const VIDEO_ANNOTATION = 'video';

const films = new WeakMap<Machine, Film>();

/** Called where a step of a machine begins. */
export function videoStep(machine: Machine, title: string): void {
  films.get(machine)?.step(title, machine.clock.now);
}

export class TestVideos {
  readonly #testInfo: TestInfo;
  readonly #option: VideoOption;
  readonly #filmed: { machine: Machine; film: Film }[] = [];
  readonly #isFilming: boolean;

  constructor(testInfo: TestInfo, option: VideoOption) {
    this.#testInfo = testInfo;
    this.#option = option;
    this.#isFilming = isFilmed(option, testInfo);
  }

  /** Called when a machine has been launched or forked. */
  begin(machine: Machine): void {
    if (!this.#isFilming || this.#filmed.length >= MOST_FILMED) return;
    const film = new Film();
    films.set(machine, film);
    this.#filmed.push({ machine, film });
  }

  /** For the option `onFrame` of a launch. */
  looked(frame: Frame, machine: Machine): void {
    films.get(machine)?.looked(frame);
  }

  /** Makes what is kept. Never fails: a video is not what a test is about. */
  async end(failed: boolean): Promise<void> {
    try {
      if (isKept(this.#option, { retry: this.#testInfo.retry, failed })) await this.#makeAll();
    } finally {
      for (const { machine, film } of this.#filmed) {
        film.drop();
        films.delete(machine);
      }
    }
  }

  async #makeAll(): Promise<void> {
    if (this.#filmed.length === 0) return;
    const ffmpeg = await findFfmpeg();
    if (ffmpeg === null) {
      const description = `not made: ffmpeg is not installed (${INSTALL_FFMPEG})`;
      this.#testInfo.annotations.push({ type: VIDEO_ANNOTATION, description });
      return;
    }
    const until = performance.now() + VIDEOS_MS;
    for (const { machine, film } of this.#filmed) await this.#make(machine, film, ffmpeg, until);
  }

  async #make(machine: Machine, film: Film, ffmpeg: string, until: number): Promise<void> {
    const testInfo = this.#testInfo;
    const isOne = this.#filmed.length === 1;
    try {
      const plan = film.plan(machine.clock.now);
      if (plan === null) return;
      const test = testInfo.titlePath.slice(1).join(' › ');
      const path = testInfo.outputPath(isOne ? 'video.webm' : `video-of-${fileName(machine.name)}.webm`);
      // Not at the top: a test without a video does not wait for it to be loaded.
      const { makeVideo } = await import('./make-video.js');
      const encoded = await makeVideo({
        film,
        plan,
        title: isOne ? test : `${test}: ${machine.name}`,
        size: sizeOf(this.#option),
        ffmpeg,
        path,
        timeout: Math.max(1, until - performance.now()),
      });
      if (encoded.kind === 'failed') {
        await this.#sayNone(machine, encoded.reason);
        return;
      }
      // The report shows a player for everything of this type, whatever its name.
      const name = isOne ? 'video' : `${machine.name}: video`;
      testInfo.attachments.push({ name, path, contentType: 'video/webm' });
    } catch (error) {
      await this.#sayNone(machine, error instanceof Error ? error.message : String(error));
    }
  }

  async #sayNone({ name }: Machine, reason: string): Promise<void> {
    await this.#testInfo.attach(`${name}: no video`, { body: reason, contentType: 'text/plain' });
  }
}

function fileName(machine: string): string {
  return machine.replaceAll(/[^\w.-]+/g, '-');
}
