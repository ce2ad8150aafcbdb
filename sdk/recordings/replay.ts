/** Replays a recording, from mark to mark, and says whether it went as it had gone. */
import { randomUUID } from 'node:crypto';
import { engineNamed } from '../engines/index.js';
import type { GuestTime } from '../engines/engine.js';
import type { RecordedMark, ReplayedInstant, RunReplay } from '../engines/recorded-run.js';
import { GuestwrightError } from '../errors.js';
import { hardwareOf } from '../machine/hardware.js';
import { removeRunDirectory, runDirectoryFor, sweepRunDirectories } from '../machine/run-directory.js';
import type { ScreenContent } from '../screen/content.js';
import type { Recording } from './open.js';

export interface ReplayOptions {
  /** Guest time, ms, at which it stops; default: at the end. */
  until?: GuestTime;
  /** Is told about once a second at which guest time it is, ms. */
  onProgress?: (at: GuestTime) => void;
  /** Is told why, when it begins once more. */
  onAgain?: (seen: string) => void;
}

/** How far a replay was the same. */
export interface Compared {
  /** Guest time at which it stopped, ms, and the instructions that had been carried out since power-on. */
  at: GuestTime;
  icount: number;
  /** So many screens, and so many times the whole memory, were compared and were the same. */
  screens: number;
  memories: number;
  /** What the screen shows there. */
  screen: ScreenContent;
}

/** The first difference. */
export type Parting =
  | { kind: 'screen' | 'memory'; expected: string; seen: string }
  /** The run could not be followed. */
  | { kind: 'lost'; seen: string };

export type ReplayVerdict =
  | ({ kind: 'exact' } & Compared)
  /** `at` and `icount` are those of the mark at which it was not the same, `lastSame` the time of the last that was. */
  | { kind: 'parted'; parting: Parting; at: GuestTime; icount: number; segment: number; lastSame: GuestTime | null };

/** QEMU now and then waits for ever where its log goes on, and another time does not: it gets that other time. */
const ATTEMPTS = 2;

/** Where a segment begins. */
const START: Pick<RecordedMark, 'icount'> = { icount: 0 };

/**
 * @throws GuestwrightError `usage/replay-beyond-end`, `usage/replay-other-program`, `usage/replay-other-machine`, and what
 * opening the media throws. Nothing is left running, whatever comes of it.
 */
export async function replayRecording(recording: Recording, options: ReplayOptions = {}): Promise<ReplayVerdict> {
  const { spec, run, folder } = recording;
  const end = run.segments.at(-1)?.marks.at(-1)?.at ?? 0;
  const { until = end } = options;
  if (until > end) throw beyondEnd(until, end);
  const engine = await engineNamed(spec.engine);
  if (engine.replay === undefined) throw new Error(`the engine ${engine.name} replays nothing`);
  sweepRunDirectories();
  const hardware = await hardwareOf(spec);
  for (let attempt = 1; ; attempt++) {
    const id = randomUUID();
    const runDirectory = runDirectoryFor(id);
    try {
      const runId = process.env['GUESTWRIGHT_RUN_ID'] ?? id;
      await using replay = await engine.replay(hardware, { runDirectory, runId, folder, run });
      const verdict = await follow(replay, recording, { ...options, until });
      // What differs, differs: only a replay that went no further may be QEMU's doing.
      if (verdict.kind === 'exact' || verdict.parting.kind !== 'lost' || attempt === ATTEMPTS) return verdict;
      options.onAgain?.(verdict.parting.seen);
    } finally {
      await removeRunDirectory(runDirectory);
    }
  }
}

async function follow(
  replay: RunReplay,
  { run }: Recording,
  { until, onProgress }: ReplayOptions & { until: GuestTime },
): Promise<ReplayVerdict> {
  const same = { screens: 0, memories: 0 };
  let lastSame: GuestTime | null = null;
  let instant: ReplayedInstant | null = null;
  let before: Instant = { at: 0, ...START };
  for (const [index, { marks }] of run.segments.entries()) {
    await replay.begin(index);
    before = { at: before.at, ...START };
    let from = before;
    for (const recorded of marks) {
      const isEnd = recorded.at >= until && (recorded.at > until || index === run.segments.length - 1);
      const mark = recorded.at > until ? between(before, recorded, until) : recorded;
      if (recorded.at <= until && !isEnd && !isCompared(recorded) && recorded !== marks.at(-1)) {
        before = recorded;
        continue;
      }
      const step = await replay.runTo(mark, (icount) => onProgress?.(timeBetween(from, mark, icount)));
      const parting = step.kind === 'lost' ? step : compare(mark, step.instant);
      if (parting !== null) {
        return { kind: 'parted', parting, at: mark.at, icount: mark.icount, segment: index, lastSame };
      }
      if (step.kind === 'reached') ({ instant } = step);
      if (mark.frame !== undefined) same.screens++;
      if (mark.memory !== undefined) same.memories++;
      lastSame = mark.at;
      before = mark;
      from = mark;
      if (isEnd && recorded.at > until && instant !== null) {
        return { kind: 'exact', ...same, at: mark.at, icount: mark.icount, screen: instant.screen };
      }
    }
  }
  if (instant === null) throw new Error('a recording without a mark');
  return { kind: 'exact', ...same, at: before.at, icount: before.icount, screen: instant.screen };
}

/** Others name the time of an instruction, and are no reason to stop. */
function isCompared({ frame, memory }: RecordedMark): boolean {
  return frame !== undefined || memory !== undefined;
}

function compare(mark: RecordedMark, { frame, memory }: ReplayedInstant): Parting | null {
  if (mark.frame !== undefined && mark.frame !== frame) return { kind: 'screen', expected: mark.frame, seen: frame };
  if (mark.memory !== undefined && mark.memory !== memory) {
    return { kind: 'memory', expected: mark.memory, seen: memory ?? 'none' };
  }
  return null;
}

type Instant = Pick<RecordedMark, 'at' | 'icount'>;

/** The place on the way from one mark to the next at which about so much of its time has passed. */
export function between(from: Instant, to: Instant, at: GuestTime): RecordedMark {
  const share = to.at === from.at ? 1 : (at - from.at) / (to.at - from.at);
  return { at, icount: Math.round(from.icount + share * (to.icount - from.icount)) };
}

function timeBetween(from: Instant, to: Instant, icount: number): GuestTime {
  if (to.icount <= from.icount) return to.at;
  const share = (icount - from.icount) / (to.icount - from.icount);
  return Math.round(from.at + Math.min(1, Math.max(0, share)) * (to.at - from.at));
}

function beyondEnd(until: GuestTime, end: GuestTime): GuestwrightError {
  return new GuestwrightError('The recording ends before that', {
    kind: 'usage',
    code: 'replay-beyond-end',
    expected: `a guest time of at most ${end} ms`,
    seen: `${until} ms`,
    next: 'leave --until out to go to the end',
  });
}
