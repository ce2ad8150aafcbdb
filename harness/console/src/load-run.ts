/** Where the page gets its run from, and what it has of it. */
import type { RunFile } from '../../runs/format.js';
import { openRun } from './open-run.js';
import { runNotBeside, serverGone } from './page-errors.js';
import { RunMachines } from './run-machines.js';
import { Screens } from './screens.js';

export interface LoadedRun {
  run: RunFile;
  screens: Screens;
  machines: RunMachines;
}

/** The file beside the page. @throws GuestwrightError `usage/run-missing`, `infrastructure/run-unreachable` */
export async function fetchRun(): Promise<Blob> {
  const response = await fetch('./run.zip').catch((error: unknown) => {
    throw serverGone(error);
  });
  if (!response.ok) throw runNotBeside(response.status);
  return await response.blob().catch((error: unknown) => {
    throw serverGone(error);
  });
}

/** Its machine is made ready meanwhile. @throws GuestwrightError: see `page-errors.ts` */
export async function loadRun(file: Blob): Promise<LoadedRun> {
  const machines = new RunMachines(file);
  try {
    const { run, archive } = await openRun(file);
    machines.know(run);
    return { run, screens: new Screens(archive), machines };
  } catch (error) {
    machines.end();
    throw error;
  }
}

export function unload({ screens, machines }: LoadedRun): void {
  screens.end();
  machines.end();
}
