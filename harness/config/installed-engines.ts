/** Which engines a table can use on this host, without starting any. */
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Architecture } from '../../sdk/engines/engine.js';
import type { EngineName } from './define-guests.js';

/** Programs that an engine needs, and the variable that names one elsewhere. What is embedded needs none. */
const PROGRAMS: Readonly<Partial<Record<EngineName, { prefix: string; variable: string }>>> = {
  qemu: { prefix: 'qemu-system-', variable: 'GUESTWRIGHT_QEMU' },
};

export interface InstalledOptions {
  /** The guests' processor: QEMU has a program for each. Default: `x86_64`. */
  architecture?: Architecture;
  environment?: NodeJS.ProcessEnv;
}

/**
 * Those of the engines whose program is installed, in the same order: for the table of `defineGuests`, so that a config
 * has no projects that cannot run on this host. Says once, on the error output, which were left out. Whether an engine
 * also works is for `guestwright doctor` to say.
 *
 * @example defineGuests({ engines: installedEngines(['v86', 'qemu']), guests: { … } })
 * @example { spec, engines: installedEngines(['qemu'], { architecture: 'aarch64' }) } // one guest of the table
 */
export function installedEngines(
  engines: readonly EngineName[],
  { architecture = 'x86_64', environment = process.env }: InstalledOptions = {},
): EngineName[] {
  const installed = engines.filter((engine) => isInstalled(engine, architecture, environment));
  const missing = engines.filter((engine) => !installed.includes(engine));
  // Playwright's workers load the config again.
  if (missing.length > 0 && environment['TEST_WORKER_INDEX'] === undefined) {
    const words = missing.map((engine) => `${engine} (${PROGRAMS[engine]?.prefix ?? ''}${architecture} was not found)`);
    console.error(`Projects are left out for engines that are not installed: ${words.join(', ')}`);
  }
  return installed;
}

function isInstalled(engine: EngineName, architecture: Architecture, environment: NodeJS.ProcessEnv): boolean {
  const needed = PROGRAMS[engine];
  if (needed === undefined) return true;
  const named = environment[needed.variable];
  const file = `${needed.prefix}${architecture}${process.platform === 'win32' ? '.exe' : ''}`;
  // The variable names the program for x86-64; those for other architectures lie beside it.
  if (named !== undefined && named !== '')
    return canRun(architecture === 'x86_64' ? named : join(dirname(named), file));
  return (environment['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && canRun(join(folder, file)));
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
