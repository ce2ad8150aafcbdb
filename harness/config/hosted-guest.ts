/** A guest that is a machine of a host: `{ machine: 'host://web', snapshot: 'installed' }` in place of a spec. */
import { GuestwrightError } from '../../sdk/errors.js';
import type { MachineSpecInput } from '../../sdk/machine/spec.js';

/** Where a machine is to be found. */
export interface HostedReference {
  /** `host://name`: of the host that `GUESTWRIGHT_HOST` names (with `GUESTWRIGHT_TOKEN`), else of this computer's. */
  machine: `host://${string}`;
  /** Where the scenario begins: a snapshot of it, by name or id. Default: as the machine is at that moment. */
  snapshot?: string | undefined;
}

/** A machine of a host: `host://` and its name there. */
export const REFERENCE = /^host:\/\/([A-Za-z0-9][A-Za-z0-9._-]{0,62})$/;

export function isHosted(guest: MachineSpecInput | HostedReference): guest is HostedReference {
  return 'machine' in guest;
}

/** What is wrong with an entry of a table; the machine itself is looked for when a scenario runs. */
export function hostedProblems(guest: HostedReference, engines: readonly string[] | undefined): string[] {
  const { machine, snapshot, ...others } = guest;
  return [
    ...(REFERENCE.test(machine) ? [] : [`machine: "${machine}" is not of the form host://name`]),
    ...(snapshot === '' ? ['snapshot: give the name of a snapshot, or leave it out'] : []),
    ...Object.entries(others).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: the machine's hardware is the host's: leave it out`],
    ),
    ...(engines === undefined ? [] : ['engines: the machine has the engine that it has on its host: leave it out']),
  ];
}

/** @throws GuestwrightError `usage/hosted-guest-invalid` */
export function assertHosted(guest: HostedReference): HostedReference {
  const problems = hostedProblems(guest, undefined);
  if (problems.length === 0) return guest;
  throw new GuestwrightError('The machine of a host is not named as it has to be', {
    kind: 'usage',
    code: 'hosted-guest-invalid',
    expected: "{ machine: 'host://web' }, with a snapshot if it is not to begin as it is now",
    seen: problems.join('\n'),
    next: 'correct it; guestwright machine list shows the names',
  });
}
