/**
 * Playwright Test for machines: `import { test, expect } from 'guestwright'` in scenarios, `defineConfig` and
 * `defineGuests` in `playwright.config.ts`.
 */
export { test } from './fixtures/test.js';
export type {
  Checkpoint,
  CheckpointOptions,
  GuestTable,
  GuestwrightFixtures,
  GuestwrightOptions,
  Launch,
  LaunchRequest,
  OnFailure,
} from './fixtures/options.js';
export type { Random } from './fixtures/random.js';
export {
  expect,
  type ToBePoweredOffOptions,
  type ToBeStableOptions,
  type ToContainGoldenOptions,
  type ToHaveChangedOptions,
  type ToHaveSerialOutputOptions,
  type ToMatchGoldenOptions,
  type ToShowOneOfOptions,
  type ToShowTextOptions,
} from './matchers/index.js';
export { sweep } from './sweeps/sweep.js';
export { defineConfig, type GuestwrightConfig } from './config/define-config.js';
export { defineGuests, type GuestDefinition, type GuestsDefinition } from './config/define-guests.js';
export { installedEngines } from './config/installed-engines.js';
export type { Summary, FailedScenario } from './reporters/tally.js';

export { GuestwrightError, type Failure, type FailureKind } from '../sdk/errors.js';
export type { MachineSpec, MachineSpecInput, Media } from '../sdk/machine/spec.js';
export type {
  AnswerContent,
  AnsweredRequest,
  BootCommandOptions,
  Choice,
  Clock,
  Files,
  ForkOptions,
  GetByGoldenOptions,
  GetByTextOptions,
  GetFileOptions,
  GoldenLocator,
  GoldenMatch,
  Http,
  JournalEntry,
  Keyboard,
  Machine,
  MachineState,
  MouseButton,
  Pointer,
  PutFileOptions,
  Rung,
  Screen,
  ScreenInvariant,
  ScreenRegion,
  Serial,
  SerialMatch,
  Shell,
  ShellResult,
  Snapshot,
  TextLocator,
  TextMatch,
  TextPage,
  TextRow,
  WaitForStableOptions,
  TypeOptions,
  WaitOptions,
} from '../sdk/machine/types.js';
export type { PowerCut, PowerCutCheck, PowerCutOptions, PowerCutReport } from '../sdk/sweeps/types.js';
export type { Frame, CellGrid } from '../sdk/screen/frame.js';
export type { Region } from '../sdk/screen/content.js';
export type { Capabilities, GuestTime, StateHash } from '../sdk/engines/engine.js';
