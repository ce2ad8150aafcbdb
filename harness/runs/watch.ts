/** Keeps what is needed to show a run of a machine that failed: what it showed, its steps, its hardware. */
import type { GuestTime } from '../../sdk/engines/engine.js';
import type { Machine, Started } from '../../sdk/machine/types.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { Looks } from './looks.js';
import type { RunStep } from './format.js';

export interface WatchedRun {
  started: Started;
  looks: Looks;
  steps: RunStep[];
}

const runs = new WeakMap<Machine, WatchedRun>();

/** Called when a machine has been launched. */
export function watchRun(machine: Machine, started: Started): void {
  runs.set(machine, { started, looks: new Looks(), steps: [] });
}

export function watchedRun(machine: Machine): WatchedRun | undefined {
  return runs.get(machine);
}

/** For the option `onFrame` of a launch. */
export function watchFrame(frame: Frame, machine: Machine): void {
  runs.get(machine)?.looks.add(frame);
}

/** Called after every step of a scenario. @param error null: it passed */
export function watchStep(machine: Machine, title: string, from: GuestTime, error: string | null): void {
  runs.get(machine)?.steps.push({ title, from, at: machine.clock.now, error });
}
