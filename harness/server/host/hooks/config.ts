/**
 * Programs that run on events: `hooks.json` in the host's folder. No call of the API sets them: who could would run any program
 * as the daemon's user, which the rights on machines never meant. Who may write the folder may do that anyway.
 */
import { lstat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { userInfo } from 'node:os';
import { z } from 'zod';
import { GuestwrightError } from '../../../../sdk/errors.js';
import { isMissing, readIfThere } from '../../../../sdk/images/files.js';
import type { HostEvent } from '../events.js';

/** `*` stands for anything. */
const pattern = z.string().min(1).max(100);
const absolute = z.string().refine(isAbsolute, 'an absolute path');

export const hookSchema = z.strictObject({
  /** For the event log. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'up to 63 letters, digits, dots, dashes or underscores'),
  /** Kinds of events. */
  on: z.array(pattern).min(1),
  /** Names of machines; events of the host itself come only where this is left out. */
  machines: z.array(pattern).min(1).optional(),
  /** No shell stands between: it gets its arguments as they are. */
  program: absolute,
  arguments: z.array(z.string()).default([]),
  /** Default: the host's folder. */
  cwd: absolute.optional(),
  /** Wall seconds. */
  timeLimit: z.number().min(0.1).max(3600).default(30),
});
export type Hook = z.output<typeof hookSchema>;

const file = z.strictObject({ version: z.literal(1), hooks: z.array(hookSchema).max(100) });

/** @throws GuestwrightError `usage/hooks-invalid`, `usage/hooks-unsafe` */
export async function readHooks(path: string): Promise<readonly Hook[]> {
  await assertOwn(path);
  const text = await readIfThere(path);
  if (text === null) return [];
  try {
    return file.parse(JSON.parse(text)).hooks;
  } catch (error) {
    const seen =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n')
        : error instanceof Error
          ? error.message
          : String(error);
    throw new GuestwrightError(`The hooks in ${path} cannot be used`, {
      kind: 'usage',
      code: 'hooks-invalid',
      expected: '{ "version": 1, "hooks": [{ "name", "on", "program", … }] }',
      seen,
      next: 'correct the file, and send the daemon SIGHUP',
    });
  }
}

/** @throws GuestwrightError `usage/hooks-unsafe`: somebody else could say what is run here */
async function assertOwn(path: string): Promise<void> {
  let seen;
  try {
    seen = await lstat(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const { uid } = userInfo();
  // Windows has neither owners nor modes of this kind.
  if (uid < 0 || (seen.isFile() && seen.uid === uid && (seen.mode & 0o022) === 0)) return;
  throw new GuestwrightError(`The hooks in ${path} are not run`, {
    kind: 'usage',
    code: 'hooks-unsafe',
    expected: 'a file of your own that nobody else may write',
    seen: `owner ${seen.uid}, mode ${(seen.mode & 0o777).toString(8)}`,
    next: `chown it, and chmod go-w ${path}`,
  });
}

/** Whether a hook is for an event. What hooks themselves lead to in the log is for none. */
export function isFor({ on, machines }: Hook, { kind, machine }: HostEvent): boolean {
  if (kind.startsWith('hook-') || kind.startsWith('hooks-')) return false;
  if (!on.some((one) => fits(one, kind))) return false;
  if (machines === undefined) return true;
  return machine !== null && machines.some((one) => fits(one, machine));
}

function fits(wanted: string, text: string): boolean {
  const [first = '', ...rest] = wanted.split('*');
  if (rest.length === 0) return wanted === text;
  const last = rest.pop() ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
