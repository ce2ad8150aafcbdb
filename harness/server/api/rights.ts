/** Who may do what: the five rights that Virtual Server's security entries had, on the host and on each machine. */
import { z } from 'zod';
import { scratchOrigin } from '../machines/scratch-name.js';
import { GuestwrightError } from '../../../sdk/errors.js';

/**
 * - `read`: see it; its screen too;
 * - `write`: change it: create machines (host), change settings, disks and snapshots (machine);
 * - `execute`: run it: power, keys, pointer;
 * - `delete`: remove it;
 * - `permissions`: say who may do what.
 */
export const RIGHTS = ['read', 'write', 'execute', 'delete', 'permissions'] as const;
export type Right = (typeof RIGHTS)[number];

const rights = z.array(z.enum(RIGHTS));

export const grantsSchema = z.strictObject({
  /** On the host: what is not of one machine. */
  host: rights.default([]),
  /** On machines by name; `*` is every machine. */
  machines: z.record(z.string(), rights).default({}),
});
export type Grants = z.output<typeof grantsSchema>;

export const ALL_GRANTS: Grants = { host: [...RIGHTS], machines: { '*': [...RIGHTS] } };

/**
 * A machine that was made for a scenario is under the rights of the one that it was made of, too: who may see that sees it.
 * @param machine null: the host
 */
export function may(grants: Grants, right: Right, machine: string | null): boolean {
  if (machine === null) return grants.host.includes(right);
  const names = [machine, scratchOrigin(machine) ?? machine, '*'];
  return names.some((name) => Object.hasOwn(grants.machines, name) && grants.machines[name]?.includes(right) === true);
}

/** Whether there is nothing that may be done with `to` and not with `from`: rights go by name, and names can be changed. */
export function gainsNothing(grants: Grants, from: string, to: string): boolean {
  return RIGHTS.every((right) => !may(grants, right, to) || may(grants, right, from));
}

export function rightMissing(token: string, right: Right): GuestwrightError {
  return new GuestwrightError(`The token ${token} has not the right ${right}`, {
    kind: 'usage',
    code: 'right-missing',
    expected: `a token with the right ${right} there`,
    next: 'whoever has the right "permissions" gives it',
  });
}
