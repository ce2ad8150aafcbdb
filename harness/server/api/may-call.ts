/** Whether who calls may. A refusal is in the log. */
import type { Host } from '../host/host.js';
import type { Access, Caller } from './access.js';
import { Refusal } from './refusal.js';
import { may, type Right } from './rights.js';

/** `any`: whoever has a token; `none`: that is not even needed. */
export type Needed = Right | 'any' | 'none';

export interface Guarded {
  right: Needed;
  /** Its answer is cut to what the caller may read: a token is enough to get it. */
  isCut?: true;
}

/** @param machine null: the host */
export function isAllowed(
  { right, isCut }: Guarded,
  { grants }: Pick<Caller, 'grants'>,
  machine: string | null,
): boolean {
  return right === 'any' || right === 'none' || isCut === true || may(grants, right, machine);
}

/** @param call its name. @throws Refusal */
export function assertAllowed(
  host: Host,
  call: string,
  guarded: Guarded,
  caller: Caller,
  machine: string | null,
): void {
  if (isAllowed(guarded, caller, machine)) return;
  const { right } = guarded;
  host.events.add({ machine, kind: 'refused', by: caller.name, detail: `${call} needs ${right}` });
  throw new Refusal(403, 'right-missing', `The ${caller.kind} ${caller.name} has not the right ${right}`);
}

/** Calls `onLost` when the caller is not, any more, who may do what it does: its token is void, or its rights are others. */
export function whileAllowed(access: Access, { credential, grants }: Caller, onLost: () => void): () => void {
  const before = JSON.stringify(grants);
  return access.onChange(() => {
    const now = access.holder(credential);
    if (now === null || JSON.stringify(now.grants) !== before) onLost();
  });
}

/** What a call needs, in words. */
export function wordNeeded({ right, isCut }: Guarded, path: string): string {
  if (right === 'none') return 'Needs no token.';
  if (right === 'any') return 'Needs any token of the host.';
  const where = path.includes(':name') ? 'the machine' : 'the host';
  if (isCut === true) return `Needs any token; what the right \`${right}\` is missing for is left out.`;
  return `Needs the right \`${right}\` on ${where}.`;
}
