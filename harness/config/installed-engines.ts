/** Which engines a table can use on this host, without starting any. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { EngineName } from './define-guests.js';

/** Programs that an engine needs, and the variable that names one elsewhere. What is embedded needs none. */
const PROGRAMS: Readonly<Partial<Record<EngineName, { program: string; variable: string }>>> = {
  qemu: { program: 'qemu-system-x86_64', variable: 'GUESTWRIGHT_QEMU' },
};

/**
 * Those of the engines whose program is installed, in the same order: for the table of `defineGuests`, so that a config
 * has no projects that cannot run on this host. Says once, on the error output, which were left out. Whether an engine
 * also works is for `guestwright doctor` to say.
 *
 * @example defineGuests({ engines: installedEngines(['v86', 'qemu']), guests: { … } })
 */
export function installedEngines(
  engines: readonly EngineName[],
  environment: NodeJS.ProcessEnv = process.env,
): EngineName[] {
  const installed = engines.filter((engine) => isInstalled(engine, environment));
  const missing = engines.filter((engine) => !installed.includes(engine));
  // Playwright's workers load the config again.
  if (missing.length > 0 && environment['TEST_WORKER_INDEX'] === undefined) {
    const words = missing.map((engine) => `${engine} (${PROGRAMS[engine]?.program ?? engine} was not found)`);
    console.error(`Projects are left out for engines that are not installed: ${words.join(', ')}`);
  }
  return installed;
}

function isInstalled(engine: EngineName, environment: NodeJS.ProcessEnv): boolean {
  const needed = PROGRAMS[engine];
  if (needed === undefined) return true;
  const { program, variable } = needed;
  const named = environment[variable];
  if (named !== undefined && named !== '') return canRun(named);
  const file = process.platform === 'win32' ? `${program}.exe` : program;
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
