/**
 * What every engine has to do, done by memoised machines: once with nothing in the store, and once more from the store alone,
 * by machines whose engine cannot start.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CASES, runCase } from '../engines/conformance/suite.js';
import { assertions } from '../engines/conformance/vitest-fixture.js';
import type { Engine, JournalFacts } from '../engines/engine.js';
import { engineNamed } from '../engines/index.js';
import { MemoisedMachine } from './memoised-machine.js';
import { SnapshotStore } from './store.js';

const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
const store = new SnapshotStore(folder);
const v86 = await engineNamed('v86');
const facts = journalOf(v86);

function journalOf({ journal }: Engine): JournalFacts {
  if (journal === undefined) throw new Error('the embedded engine is bit-exact');
  return journal;
}

/** An engine whose machines are memoised; `inner` runs what is new. */
function memoising(inner: Engine): Engine {
  return {
    name: 'memoised',
    capabilities: inner.capabilities,
    probe: async () => await inner.probe(),
    start: async (hardware, context) =>
      new MemoisedMachine({
        engine: inner,
        facts,
        hardware,
        identity: await facts.identity(hardware),
        context,
        begin: null,
        store,
      }),
  };
}

const dead: Engine = {
  name: 'dead',
  capabilities: v86.capabilities,
  probe: async () => await v86.probe(),
  start: async () => await Promise.reject(new Error('it was not all in the store')),
};

/** What a memoised machine is not for: see `memoisedMachine`. */
const OTHER = /paced|overlay|exported|imported|written to a file|kept in a file/i;

describe.each([
  ['run', memoising(v86)],
  ['answered from the store', memoising(dead)],
])('%s', (_how, engine) => {
  for (const conformanceCase of CASES) {
    test.skipIf(OTHER.test(conformanceCase.name))(conformanceCase.name, async () => {
      await runCase(conformanceCase, engine, { pm1aControl: 0xb004 }, assertions);
    });
  }
});

test('the cases of which a memoised machine is excused', () => {
  expect(CASES.filter(({ name }) => OTHER.test(name)).map(({ name }) => name)).toEqual([
    'the base of a disk is never written; its overlay file keeps the writes for the next machine',
    'an exported snapshot goes on in another machine; a damaged one is refused',
    'a paced machine keeps to wall time and runs with nobody waiting',
  ]);
});
