/** Rights as they are written on the command line: `read,execute@web`, `read@*` for every machine, `write@host` for the host. */
import { GuestwrightError } from '../../../sdk/errors.js';
import { machineName } from '../../server/machines/config.js';
import { RIGHTS, type Grants, type Right } from '../../server/api/rights.js';

/** Every right. */
const ALL = 'all';
const HOST = 'host';
/** Before the name of a machine that is called `host`. */
const MACHINE = 'machine:';

/** @throws GuestwrightError `usage/grant-invalid` */
export function parseGrants(texts: readonly string[]): Grants {
  const host = new Set<Right>();
  const machines = new Map<string, Set<Right>>();
  for (const text of texts) {
    const [, list = '', place = ''] = /^([a-z,]+)@(.+)$/.exec(text) ?? [];
    const rights = list === ALL ? RIGHTS : list.split(',').map((word) => rightOf(word, text));
    const given = place === HOST ? host : setOf(machines, machineOf(place, text));
    for (const right of rights) given.add(right);
  }
  return {
    host: [...host],
    machines: Object.fromEntries([...machines].map(([name, rights]) => [name, [...rights]])),
  };
}

/** As {@link parseGrants} reads it, one after the other. */
export function wordGrants({ host, machines }: Grants): string {
  const places: [string, readonly Right[]][] = [
    [HOST, host],
    ...Object.entries(machines).map(([name, rights]): [string, readonly Right[]] => [
      name === HOST ? `${MACHINE}${name}` : name,
      rights,
    ]),
  ];
  const words = places
    .filter(([, rights]) => rights.length > 0)
    .map(([place, rights]) => `${wordRights(rights)}@${place}`);
  return words.length === 0 ? 'nothing' : words.join(' ');
}

function wordRights(rights: readonly Right[]): string {
  return RIGHTS.every((right) => rights.includes(right))
    ? ALL
    : RIGHTS.filter((right) => rights.includes(right)).join(',');
}

function rightOf(word: string, text: string): Right {
  const right = RIGHTS.find((one) => one === word);
  if (right === undefined) throw grantInvalid(text);
  return right;
}

function machineOf(place: string, text: string): string {
  const name = place.startsWith(MACHINE) ? place.slice(MACHINE.length) : place;
  if (name !== '*' && !machineName.safeParse(name).success) throw grantInvalid(text);
  return name;
}

function setOf(machines: Map<string, Set<Right>>, name: string): Set<Right> {
  const found = machines.get(name) ?? new Set<Right>();
  machines.set(name, found);
  return found;
}

function grantInvalid(text: string): GuestwrightError {
  return new GuestwrightError(`${text} says no rights`, {
    kind: 'usage',
    code: 'grant-invalid',
    expected: `rights of ${RIGHTS.join(', ')} (or all), @ and a machine, * for every machine, or host`,
    seen: text,
    next: "write it as in --allow read,execute@web, --allow 'read@*' or --allow write@host",
  });
}
