/** Errors as data that can be kept and sent. */
import { GuestwrightError } from '../../../sdk/errors.js';
import type { MachineStatus } from './status.js';

export function toldFailure(error: unknown): NonNullable<MachineStatus['failure']> {
  if (error instanceof GuestwrightError) return { kind: error.kind, code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'infrastructure', code: 'unexpected', message };
}
