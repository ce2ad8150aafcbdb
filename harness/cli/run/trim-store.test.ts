import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keyOf, memory, StoreFolder } from '../../../sdk/snapshots/store.test.helper.js';
import { LIMIT_VARIABLE, trimStore } from './trim-store.js';

let at: StoreFolder;
beforeEach(async () => {
  at = new StoreFolder();
  vi.stubEnv('GUESTWRIGHT_STORE', at.store.folder);
  await at.store.put(at.snapshot('a', memory(30)));
});
afterEach(() => {
  vi.unstubAllEnvs();
  at[Symbol.dispose]();
});

async function trimmed(limit?: string): Promise<{ said: string[]; left: number }> {
  vi.stubEnv(LIMIT_VARIABLE, limit);
  const said: string[] = [];
  await trimStore((line) => said.push(line));
  return { said, left: (await at.store.list()).length };
}

test.each(['lots', '', '-1', '2 pounds'])(
  'a limit that is no size (%j) is named, and nothing is evicted',
  async (limit) => {
    const { said, left } = await trimmed(limit);
    expect(said).toEqual([
      `The store was not trimmed: ${LIMIT_VARIABLE} is to be a size such as 500MB or 2GB, and is "${limit}".`,
    ]);
    expect(left).toBe(1);
  },
);

test('what is under the limit stays, what is over it goes, and nothing is said of either', async () => {
  expect(await trimmed()).toEqual({ said: [], left: 1 });
  expect(await trimmed('1GB')).toEqual({ said: [], left: 1 });
  expect(await trimmed('0')).toEqual({ said: [], left: 0 });
});

test('what has a name is kept, and that the store is over its limit is said', async () => {
  await at.store.put(at.snapshot('b', memory(30)));
  await at.store.name('kept', keyOf('b'));
  const { said, left } = await trimmed('1KB');
  expect(said).toEqual([expect.stringContaining(`over its limit (${LIMIT_VARIABLE})`)]);
  expect(left).toBe(1);
});
