/** Tools of the host. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Check, Finding } from './report.js';

/** A tool that something optional needs. `next`: what to do without it. */
export function toolCheck(tool: string, purpose: string, next: string | undefined): Check {
  return async () => {
    const path = await findOnPath(tool);
    if (path !== null) return { name: tool, status: 'ok', detail: path };
    const finding: Finding = { name: tool, status: 'optional', detail: `not found; ${purpose}` };
    return next === undefined ? finding : { ...finding, next };
  };
}

async function findOnPath(tool: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, tool);
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return null;
}
