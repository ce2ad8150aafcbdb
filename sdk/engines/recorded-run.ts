/** A run that an engine has recorded, and its replay: plain data that goes into a file and comes back from there. */
import type { ScreenContent } from '../screen/content.js';
import type { GuestTime } from './engine.js';

/** A place in a run: how many instructions the guest has carried out since its machine was switched on. */
export interface RecordedMark {
  /** Guest time, ms. */
  at: GuestTime;
  icount: number;
  /** Lower-case hex SHA-256 of the screen, without its text cursor. */
  frame?: string | undefined;
  /** Lower-case hex SHA-256 of the guest's memory. */
  memory?: string | undefined;
}

/** From one power-on to the next power-off or reset. */
export interface RecordedSegment {
  /** Name of the file with the engine's log, in the recording's folder. */
  log: string;
  /** In the order in which the guest passed them. The last one is where the segment ends. */
  marks: RecordedMark[];
}

export interface RecordedRun {
  /** The engine's program and version: another one may not understand the log, or run the guest otherwise. */
  program: string;
  /** See `EngineMachine.identity`. */
  identity: string;
  segments: RecordedSegment[];
}

/** What a replay shows where it stands. */
export interface ReplayedInstant {
  /** What the engine counted: it is the mark's own if the replay could follow the log. */
  icount: number;
  frame: string;
  /** Null where the mark has none. */
  memory: string | null;
  screen: ScreenContent;
}

/** What came of going on to a mark. */
export type ReplayStep =
  | { kind: 'reached'; instant: ReplayedInstant }
  /** The guest, or the engine, did not follow the log; `seen` says how that showed. */
  | { kind: 'lost'; seen: string };

/** A run that is being replayed. It stands but for the way from one mark to the next. */
export interface RunReplay extends AsyncDisposable {
  /** Switches the machine of a segment on. Segments come in their order, and all of them: what one writes the next one reads. */
  begin(segment: number): Promise<void>;
  /**
   * Goes on to an instant of the segment.
   * @param onProgress is told, about once a second, how many instructions have been carried out
   */
  runTo(mark: RecordedMark, onProgress?: (icount: number) => void): Promise<ReplayStep>;
}
