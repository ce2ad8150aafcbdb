/** Waiting for a screen to stand still. */
import { GuestwrightError } from '../errors.js';
import type { Region } from '../screen/content.js';
import type { Frame } from '../screen/frame.js';
import { Stillness } from '../screen/stillness.js';
import type { MachinePort } from './port.js';
import { seenAt } from './seen.js';
import type { WaitForStableOptions } from './types.js';

export type StillnessOutcome =
  | { kind: 'still'; frame: Frame }
  /** Time ran out, or the machine failed. */
  | { kind: 'failed'; error: GuestwrightError };

export interface StillScreen {
  readonly port: MachinePort;
  current(): Promise<Frame>;
}

class Still extends Error {}

/** Guest ms for which nothing may change, unless told otherwise. */
export const STILL_MS = 500;

export async function waitForStillness(screen: StillScreen, options: WaitForStableOptions): Promise<StillnessOutcome> {
  const { clock, timeouts } = screen.port;
  const { for: wanted = STILL_MS, timeout = timeouts.expect, ignoring = ['caret', 'clock'] } = options;
  const watch = new Stillness({ caret: ignoring.includes('caret'), clock: ignoring.includes('clock') });
  const start = clock.now;
  let frame = await screen.current();
  watch.moved(frame, []);
  let since = start;
  for (;;) {
    const left = since + wanted - clock.now;
    if (left <= 0) return { kind: 'still', frame };
    if (since + wanted > start + timeout) return { kind: 'failed', error: restless(frame, wanted, timeout) };
    try {
      frame = await clock.waitUntil({
        what: 'the screen to stand still',
        on: ['screen'],
        timeout: left,
        check: async () => {
          const now = await screen.current();
          return watch.moved(now, await ignoredIn(now, ignoring)) ? now : undefined;
        },
        mayTimeOut: true,
        onTimeout: () => new Still(),
      });
      since = clock.now;
    } catch (error) {
      if (error instanceof Still) return { kind: 'still', frame: await screen.current() };
      // The picture of a guest that is off or halted does not move any more.
      if (error instanceof GuestwrightError && error.kind === 'guest' && error.code !== 'crashed') {
        return { kind: 'still', frame: await screen.current() };
      }
      if (error instanceof GuestwrightError) return { kind: 'failed', error };
      throw error;
    }
  }
}

async function ignoredIn(frame: Frame, ignoring: NonNullable<WaitForStableOptions['ignoring']>): Promise<Region[]> {
  const regions: Region[] = [];
  for (const part of ignoring) {
    if (typeof part === 'string') continue;
    if ('look' in part) regions.push(...(await part.look(frame, 'all')).map(({ region }) => region));
    else regions.push(part);
  }
  return regions;
}

function restless(frame: Frame, wanted: number, timeout: number): GuestwrightError {
  return new GuestwrightError('The screen never stood still', {
    kind: 'assertion',
    code: 'screen-restless',
    expected: `${wanted} ms without a change, within ${timeout} ms`,
    seen: seenAt(frame),
    next: 'leave out what moves: { ignoring: [region] } or { ignoring: [screen.getByText(/…/)] }; or ask for a shorter { for }',
  });
}
