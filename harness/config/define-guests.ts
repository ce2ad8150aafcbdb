/** A table of engines and guests as Playwright projects. */
import type { Project } from '@playwright/test';
import { GuestwrightError } from '../../sdk/errors.js';
import { parseSpec, type MachineSpecInput } from '../../sdk/machine/spec.js';
import type { Guest, GuestTable, GuestwrightOptions } from '../fixtures/options.js';
import { hostedProblems, isHosted } from './hosted-guest.js';
import { sanitiseName } from '../goldens/paths.js';

export type EngineName = NonNullable<MachineSpecInput['engine']>;

export interface GuestDefinition {
  /** The machine, without its engine; or a machine of a host. */
  spec: Guest;
  /** Scenario files that run on this guest (globs or expressions, as Playwright's `testMatch`). Default: all. */
  scenarios?: string | RegExp | (string | RegExp)[];
  /** Engines for this guest, when not all of the table's fit. None: it has no project (see `installedEngines`). */
  engines?: readonly EngineName[];
  /** Shown in reports, for example the digest of an own image. */
  metadata?: Readonly<Record<string, unknown>>;
}

export interface GuestsDefinition {
  /** Default: `['v86']`. */
  engines?: readonly EngineName[];
  /** By name: a machine spec, a machine of a host (`{ machine: 'host://web' }`), or a definition with one of them and more. */
  guests: Readonly<Record<string, GuestDefinition | Guest>>;
}

/**
 * One project for each guest on each engine, named `<guest>-<engine>`, and one for each machine of a host, `<guest>-host`. Its options give the fixture `machine` its spec.
 * A scenario can name another guest of the table with `test.use({ guest: 'name' })`.
 *
 * @throws GuestwrightError `usage/guests-invalid` naming every wrong entry
 */
export function defineGuests(definition: GuestsDefinition): Project<GuestwrightOptions>[] {
  const { engines = ['v86'] } = definition;
  const guests = mapValues(definition.guests, asDefinition);
  const problems = [...nameProblems(Object.keys(guests)), ...engineProblems(engines), ...specProblems(guests, engines)];
  if (problems.length > 0) {
    throw new GuestwrightError('The table of defineGuests is not valid', {
      kind: 'usage',
      code: 'guests-invalid',
      seen: problems.join('\n'),
      next: 'correct the table in playwright.config.ts',
    });
  }
  const table: GuestTable = mapValues(guests, ({ spec }) => spec);
  return Object.entries(guests).flatMap(([guest, entry]) => {
    const places = isHosted(entry.spec) ? ['host' as const] : (entry.engines ?? engines);
    return places.map((place) => ({
      name: `${guest}-${place}`,
      ...(entry.scenarios === undefined ? {} : { testMatch: entry.scenarios }),
      metadata: { guest, ...(place === 'host' ? {} : { engine: place }), ...entry.metadata },
      use: { guest, guests: table, ...(place === 'host' ? {} : { engine: place }) },
    }));
  });
}

function asDefinition(entry: GuestDefinition | Guest): GuestDefinition {
  return 'spec' in entry ? entry : { spec: entry };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** Names become folders of goldens, so two that differ only in what a folder cannot hold would share their goldens. */
function nameProblems(names: readonly string[]): string[] {
  if (names.length === 0) return ['guests: the table is empty'];
  const byFolder = new Map<string, string>();
  return names.flatMap((name) => {
    const folder = sanitiseName(name).toLowerCase();
    if (folder === '') return [`guests: "${name}" is no name: give it a letter or a digit`];
    const other = byFolder.get(folder);
    byFolder.set(folder, name);
    return other === undefined
      ? []
      : [`guests: "${other}" and "${name}" would share the folder golden-screens/${folder}; rename one`];
  });
}

function engineProblems(engines: readonly string[]): string[] {
  if (engines.length === 0) return ['engines: the list is empty'];
  const twice = engines.filter((engine, index) => engines.indexOf(engine) !== index);
  return twice.map((engine) => `engines: "${engine}" is there twice`);
}

/** A spec has to be right on every engine that it is to run on. */
function specProblems(
  guests: Readonly<Record<string, GuestDefinition>>,
  tableEngines: readonly EngineName[],
): string[] {
  return Object.entries(guests).flatMap(([name, { spec, engines }]) => {
    if (isHosted(spec)) return hostedProblems(spec, engines).map((problem) => `${name}: ${problem}`);
    const problems = engines === undefined || engines.length === 0 ? [] : engineProblems(engines);
    for (const engine of new Set(engines ?? tableEngines)) {
      try {
        parseSpec({ ...spec, engine });
      } catch (error) {
        if (!(error instanceof GuestwrightError)) throw error;
        problems.push(...(error.failure.seen ?? error.message).split('\n'));
      }
    }
    // What is wrong on one engine mostly is on the other.
    return [...new Set(problems)].map((problem) => `${name}: ${problem}`);
  });
}
