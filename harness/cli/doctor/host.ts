/** Tools and devices of the host. */
import { access, constants, stat } from 'node:fs/promises';
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

/** Says no more than it knows: that the device can be opened does not mean that the CPU lets guests run. */
export async function kvmCheck(): Promise<Finding> {
  const name = '/dev/kvm';
  const there = await stat(name).then(
    () => true,
    () => false,
  );
  if (!there) return { name, status: 'optional', detail: 'not there; for engines to come' };
  const allowed = await access(name, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return allowed
    ? { name, status: 'ok', detail: 'there and accessible; whether it works was not tried; for engines to come' }
    : { name, status: 'optional', detail: 'there, but not accessible to this user; for engines to come' };
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
