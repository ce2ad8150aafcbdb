/** The part of `guestwright verify` that runs inside a scenario's worker: writes the logs that are compared later. */
import type { TestInfo } from '@playwright/test';
import type { LaunchOptions, Machine } from '../../sdk/machine/types.js';
import { VerifyLog } from './log.js';

/** Folder for the logs of this run; set by `guestwright verify`. */
export const VERIFY_FOLDER = 'GUESTWRIGHT_VERIFY';
/** JSON: by log name, where and when a snapshot is stored in passing. */
export const VERIFY_STORE = 'GUESTWRIGHT_VERIFY_STORE';

export type StorePlan = Record<string, { at: number; file: string }>;

const logs = new WeakMap<Machine, VerifyLog>();

export interface Recording {
  options: Pick<LaunchOptions, 'record' | 'storeAt'>;
  attach: (machine: Machine) => void;
}

/** What to launch a machine with while a run is being verified; null when it is not. */
export function recordingFor(testInfo: TestInfo, machineName: string): Recording | null {
  const folder = process.env[VERIFY_FOLDER];
  if (folder === undefined) return null;
  // The first element is the file's path relative to the project; projects differ, so their name is part of it.
  const name = [testInfo.project.name, ...testInfo.titlePath, machineName].join(' › ');
  const log = new VerifyLog(folder, name);
  const plan = JSON.parse(process.env[VERIFY_STORE] ?? '{}') as StorePlan;
  const storeAt = plan[name];
  return {
    options: { record: (event) => log.append(event), ...(storeAt === undefined ? {} : { storeAt }) },
    attach: (machine) => logs.set(machine, log),
  };
}

/** Called after every step of a scenario; does nothing when the run is not being verified. */
export async function recordStep(machine: Machine, title: string): Promise<void> {
  const log = logs.get(machine);
  if (log === undefined || machine.state === 'disposed') return;
  log.append({ kind: 'step', at: machine.clock.now, title, hash: await machine.stateHash() });
}
