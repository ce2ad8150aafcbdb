/** Errors as data that can be kept and sent. */
import { z } from 'zod';
import { GuestwrightError, type FailureKind } from '../../../sdk/errors.js';
import type { MachineStatus } from './status.js';

export function toldFailure(error: unknown): NonNullable<MachineStatus['failure']> {
  if (error instanceof GuestwrightError) return { kind: error.kind, code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'infrastructure', code: 'unexpected', message };
}

const KINDS = ['assertion', 'guest', 'infrastructure', 'usage', 'unstable'] as const satisfies FailureKind[];

/** One that came from another process. */
export const failureSchema = z.object({ kind: z.enum(KINDS), code: z.string(), message: z.string() });

export function revived({ kind, code, message }: z.output<typeof failureSchema>): GuestwrightError {
  return GuestwrightError.revive(message, { kind, code });
}
