/** The part of `guestwright verify` that runs inside a scenario's worker: writes the logs that are compared later. */
import type { TestInfo } from '@playwright/test';
import type { LaunchOptions, Machine, MemoiseOptions } from '../../sdk/machine/types.js';
import { VerifyLog } from './log.js';
import type { MemoisePlan } from './memoised.js';

/** Folder for the logs of this run; set by `guestwright verify`. */
export const VERIFY_FOLDER = 'GUESTWRIGHT_VERIFY';
/** JSON: by log name, where and when a snapshot is stored in passing. */
export const VERIFY_STORE = 'GUESTWRIGHT_VERIFY_STORE';
/** JSON, a `MemoisePlan`: this run is memoised. The others are not, whatever the scenario says. */
export const VERIFY_MEMOISE = 'GUESTWRIGHT_VERIFY_MEMOISE';

export type StorePlan = Record<string, { at: number; file: string }>;

interface Recorded {
  log: VerifyLog;
  /** So many steps are hashed. */
  hashed: number;
  steps: number;
}

const machines = new WeakMap<Machine, Recorded>();

export interface Recording {
  options: Pick<LaunchOptions, 'record' | 'storeAt'>;
  /** How the machine is memoised, if the scenario does not say that it is not. */
  memoise: MemoiseOptions | false;
  attach: (machine: Machine) => void;
}

/** What to launch a machine with while a run is being verified; null when it is not. */
export function recordingFor(testInfo: TestInfo, machineName: string): Recording | null {
  const folder = process.env[VERIFY_FOLDER];
  if (folder === undefined) return null;
  // The first element is the file's path relative to the project; projects differ, so their name is part of it.
  const name = [testInfo.project.name, ...testInfo.titlePath, machineName].join(' › ');
  const log = new VerifyLog(folder, name);
  // What `guestwright verify` says to its own workers is trusted.
  const storeAt = (fromEnvironment(VERIFY_STORE) as StorePlan | null)?.[name];
  const plan = fromEnvironment(VERIFY_MEMOISE) as MemoisePlan | null;
  const hashed = plan?.machines[name]?.hashed ?? Infinity;
  return {
    options: { record: (event) => log.append(event), ...(storeAt === undefined ? {} : { storeAt }) },
    memoise: plan === null ? false : { store: plan.store, storeAfterMs: plan.storeAfterMs },
    attach: (machine) => machines.set(machine, { log, hashed, steps: 0 }),
  };
}

function fromEnvironment(variable: string): unknown {
  const text = process.env[variable];
  return text === undefined ? null : JSON.parse(text);
}

/** Called after every step of a scenario; does nothing when the run is not being verified. */
export async function recordStep(machine: Machine, title: string): Promise<void> {
  const recorded = machines.get(machine);
  if (recorded === undefined || machine.state === 'disposed') return;
  const isHashed = recorded.steps++ < recorded.hashed;
  const at = machine.clock.now;
  recorded.log.append({ kind: 'step', at, title, hash: isHashed ? await machine.stateHash() : null });
}

/** Called when a machine has been disposed; does nothing when the run is not being verified. */
export function recordEnd(machine: Machine): void {
  const { memoised } = machine;
  const share =
    memoised === null
      ? null
      : {
          ran: memoised.ran,
          starts: memoised.starts,
          problems: memoised.problems.map(({ message }) => message),
        };
  machines.get(machine)?.log.append({ kind: 'end', memoised: share });
}
