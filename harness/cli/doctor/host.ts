/** Tools of the host. */
import { findOnPath } from '../../../sdk/find-on-path.js';
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
