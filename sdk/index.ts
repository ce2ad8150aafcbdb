/** Guestwright's SDK: drives machines; knows nothing of any test runner. */
export { launch, DEFAULT_TIMEOUTS } from './machine/launch.js';
export { parseSpec, parseMedia, type MachineSpec, type MachineSpecInput, type Media } from './machine/spec.js';
export type * from './machine/types.js';
export type { RecordedEvent } from './machine/recording.js';
export { engineNamed } from './engines/index.js';
export { GuestwrightError, type Failure, type FailureKind } from './errors.js';
export { engines } from './engines/index.js';
export type {
  Capabilities,
  ClockKind,
  Determinism,
  Drive,
  Engine,
  EngineMachine,
  EngineEvent,
  GuestTime,
  Input,
  PointerAction,
  PowerState,
  Probe,
  StateHash,
} from './engines/engine.js';
export { makeFrame, type CellGrid, type Frame } from './screen/frame.js';
export type { GraphicContent, Region, ScreenContent, TextContent, TextCursor } from './screen/content.js';
export { KEY_CODES, type KeyCode } from './input/keycodes.js';
export { drawCuts, listCuts, powerCut, wordSweep } from './sweeps/index.js';
export type { PowerCut, PowerCutCheck, PowerCutOptions, PowerCutReport } from './sweeps/index.js';
export {
  openRecording,
  replayRecording,
  type Recording,
  type ReplayOptions,
  type ReplayVerdict,
} from './recordings/index.js';
export * from './disks/index.js';
