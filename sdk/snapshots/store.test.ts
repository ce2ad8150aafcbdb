import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { exportBundle, importBundle } from './bundle.js';
import { collectGarbage, removeDamage, storeStats, verifyStore } from './maintenance.js';
import { SnapshotStore } from './store.js';
import { keyOf, memory, noise, StoreFolder } from './store.test.helper.js';

/** 1.5 MB and a cut page: two tables, the second not full. */
const PAGES = 384;
const BYTES = Buffer.concat([memory(PAGES), Buffer.from('the end, not a whole page')]);

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  return error instanceof GuestwrightError ? error.code : String(error);
}

test('what was put comes back, byte for byte; a second put of the same key keeps the first', async () => {
  using at = new StoreFolder();
  expect(await at.store.put(at.snapshot('a', BYTES))).toMatchObject({ outcome: 'put', bytes: BYTES.length });
  expect(await at.store.put(at.snapshot('a', Buffer.from('something else')))).toEqual({ outcome: 'there-already' });
  expect((await at.bytesOf('a')).equals(BYTES)).toBe(true);
  expect(await at.store.read(keyOf('a'))).toMatchObject({ engine: 'test', time: 1000, parent: null });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['only zeros', Buffer.alloc(3 << 20)],
  ['less than a page', Buffer.from('x')],
  ['one page', noise('one', 4096)],
])('a file of %s comes back', async (_what, bytes) => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', bytes));
  expect((await at.bytesOf('a')).equals(bytes)).toBe(true);
});

test('zeros take no room, neither in the store nor where they are put back', async () => {
  using at = new StoreFolder();
  const bytes = Buffer.alloc(64 << 20);
  noise('somewhere', 5000).copy(bytes, 33 << 20);
  await at.store.put(at.snapshot('a', bytes));
  expect((await storeStats(at.store)).bytes).toBeLessThan(32 << 10);
  const path = at.path();
  await at.store.extract(keyOf('a'), 'state', path);
  expect(statSync(path).blocks * 512).toBeLessThan(1 << 20);
});

test('a later snapshot of the same machine adds only the pages that changed', async () => {
  using at = new StoreFolder();
  const first = await at.store.put(at.snapshot('a', BYTES));
  const changed = Buffer.concat([memory(PAGES, { 3: 'new', 200: 'new too' }), Buffer.from('another end')]);
  const second = await at.store.put(at.snapshot('b', changed, { parent: keyOf('a') }));
  if (first.outcome !== 'put' || second.outcome !== 'put') throw new Error('both are new');
  // Two pages of noise, the end, and two tables of 8 KB.
  expect(second.added).toBeLessThan(3 * 4096 + 2 * 8192 + 4096);
  expect(second.added).toBeLessThan(first.added / 10);
  expect((await at.bytesOf('b')).equals(changed)).toBe(true);
  expect((await at.bytesOf('a')).equals(BYTES)).toBe(true);
});

test('a snapshot that has nothing new adds no pack', async () => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  expect(await at.store.put(at.snapshot('b', BYTES))).toMatchObject({ outcome: 'put', added: 0 });
  expect((await storeStats(at.store)).packs).toBe(1);
  expect((await at.bytesOf('b')).equals(BYTES)).toBe(true);
});

test('two that put the same at once both succeed, and two that put others share a store', async () => {
  using at = new StoreFolder();
  const stores = [at.store, new SnapshotStore(at.store.folder)];
  const all = [0, 1, 2, 3].flatMap((i) =>
    stores.map(async (store) => await store.put(at.snapshot(`m${i}`, memory(PAGES, { 7: `m${i}` })))),
  );
  await Promise.all(all);
  for (const i of [0, 1, 2, 3]) {
    expect((await at.bytesOf(`m${i}`)).equals(memory(PAGES, { 7: `m${i}` }))).toBe(true);
  }
  expect(await verifyStore(at.store)).toEqual([]);
});

test('a snapshot is found by its name, its key, and the beginning of its key', async () => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  await at.store.name('installed', keyOf('a'));
  for (const name of ['installed', keyOf('a'), keyOf('a').slice(0, 8)])
    expect(await at.store.find(name)).toBe(keyOf('a'));
  expect(await codeOf(at.store.find('nothing'))).toBe('snapshot-not-stored');
  expect(await codeOf(at.store.name('x', keyOf('b')))).toBe('snapshot-not-stored');
  await expect(at.store.name('../x', keyOf('a'))).rejects.toThrow(/letters, digits/);
});

test('what is not there is a typed error, and nothing is left where it was to go', async () => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  const path = at.path();
  expect(await codeOf(at.store.extract(keyOf('b'), 'state', path))).toBe('snapshot-not-stored');
  expect(await codeOf(at.store.extract(keyOf('a'), 'disk', path))).toBe('snapshot-not-stored');
  expect(() => statSync(path)).toThrow('ENOENT');
});

test('over its limit the store gives up what was not used for longest, but nothing in use or with a name', async () => {
  using at = new StoreFolder();
  for (const name of ['named', 'held', 'old', 'new']) {
    await at.store.put(at.snapshot(name, noise(name, 200_000), { identity: keyOf(name) }));
  }
  await at.store.name('keep-me', keyOf('named'));
  await at.bytesOf('new');
  {
    await using lease = await at.store.hold(keyOf('held'));
    expect(lease.key).toBe(keyOf('held'));
    const { evicted, overLimit } = await collectGarbage(at.store, 650_000);
    expect(evicted.map(({ key }) => key)).toEqual([keyOf('old')]);
    expect(overLimit).toBe(false);
    const all = await collectGarbage(at.store, 0);
    expect(all.evicted.map(({ key }) => key)).toEqual([keyOf('new')]);
    expect(all.overLimit).toBe(true);
  }
  await collectGarbage(at.store, 0);
  expect((await at.store.list()).map(({ manifest }) => manifest.key)).toEqual([keyOf('named')]);
  expect((await at.bytesOf('named')).equals(noise('named', 200_000))).toBe(true);
  expect(await storeStats(at.store)).toMatchObject({ snapshots: 1, packs: 1, unused: 0 });
});

test('a pack goes when the last snapshot that needs it does', async () => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  await at.store.put(at.snapshot('b', Buffer.concat([BYTES, noise('more', 9000)])));
  await at.store.name('b', keyOf('b'));
  await collectGarbage(at.store, 0);
  expect((await at.store.list()).map(({ manifest }) => manifest.key)).toEqual([keyOf('b')]);
  expect((await at.bytesOf('b')).equals(Buffer.concat([BYTES, noise('more', 9000)]))).toBe(true);
});

test('a flipped bit anywhere is found: never other bytes, a clear error, and the same put again works', async () => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  const files = filesIn(at.store.folder);
  expect(files.length).toBe(2);
  for (const path of files) {
    const { size } = statSync(path);
    // Some forty places in each, all kinds of bytes among them.
    const step = Math.max(1, Math.floor(size / 40));
    for (let place = 0; place < size; place += step) {
      const whole = readFileSync(path);
      const bad = Buffer.from(whole);
      bad[place] = (bad[place] ?? 0) ^ (1 << (place % 8));
      writeFileSync(path, bad);
      expect(await verifyStore(at.store), `byte ${place} of ${path}`).not.toEqual([]);
      const seen = await codeOf(at.bytesOf('a'));
      expect(['store-damaged', 'snapshot-not-stored'], `byte ${place} of ${path}`).toContain(seen);
      expect(await at.store.put(at.snapshot('a', BYTES))).toMatchObject({ outcome: 'put' });
      expect((await at.bytesOf('a')).equals(BYTES)).toBe(true);
    }
  }
});

test('damage to one pack takes out just the snapshots that need it', async () => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  await at.store.put(at.snapshot('b', Buffer.concat([BYTES, noise('more', 9000)])));
  await at.store.put(at.snapshot('other', noise('other', 9000), { identity: keyOf('other') }));
  const [pack] = (await at.store.read(keyOf('a')))?.packs ?? [];
  const path = at.store.packPath(pack ?? '');
  const bytes = readFileSync(path);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  const damages = await verifyStore(at.store);
  expect(damages).toMatchObject([{ path, keys: expect.arrayContaining([keyOf('a'), keyOf('b')]) as unknown }]);
  await removeDamage(at.store, damages);
  expect(await verifyStore(at.store)).toEqual([]);
  expect((await at.store.list()).map(({ manifest }) => manifest.key)).toEqual([keyOf('other')]);
});

test('a bundle carries one snapshot to another store, without what others have put there', async () => {
  using at = new StoreFolder();
  using other = new StoreFolder();
  await at.store.put(at.snapshot('big', Buffer.concat([BYTES, noise('big', 500_000)])));
  await at.store.put(at.snapshot('a', BYTES));
  const bundle = at.path();
  await exportBundle(at.store, keyOf('a'), bundle);
  expect(readdirSync(at.folder).filter((name) => name.includes('guestwright-new'))).toEqual([]);
  expect(statSync(bundle).size).toBeLessThan((await storeStats(at.store)).bytes - 450_000);
  const { manifest } = await importBundle(other.store, bundle);
  await other.store.extract(manifest.key, 'state', other.path());
  expect(await verifyStore(other.store)).toEqual([]);
  // Whoever made the bundle may say that it is anything: what a run of this store asks for is not taken from it.
  expect(await other.store.has(keyOf('a'))).toBe(false);
  // Once more is no harm.
  expect((await importBundle(other.store, bundle)).manifest.key).toBe(manifest.key);
  expect(await importBundle(other.store, bundle, { trust: true })).toMatchObject({ manifest: { key: keyOf('a') } });
  expect((await other.bytesOf('a')).equals(BYTES)).toBe(true);
});

test('a bundle that was cut, changed or made up is refused, and the store stays as it was', async () => {
  using at = new StoreFolder();
  using other = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  const bundle = at.path();
  await exportBundle(at.store, keyOf('a'), bundle);
  const whole = readFileSync(bundle);
  const bads = [
    Buffer.alloc(0),
    Buffer.from('no bundle'),
    whole.subarray(0, 30),
    whole.subarray(0, -1),
    whole.subarray(0, 2000),
  ];
  for (let place = 0; place < whole.length; place += Math.floor(whole.length / 60)) {
    const bad = Buffer.from(whole);
    bad[place] = (bad[place] ?? 0) ^ 0x10;
    bads.push(bad);
  }
  for (const bad of bads) {
    expect(await codeOf(importBundle(other.store, at.file(bad)))).toBe('bundle-invalid');
  }
  expect(await codeOf(importBundle(other.store, at.path()))).toBe('bundle-invalid');
  expect(filesIn(other.store.folder)).toEqual([]);
});

test('a name may have a colon in it, and is kept as long as what it names', async () => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  await at.store.put(at.snapshot('b', BYTES));
  await at.store.name('install:debian', keyOf('a'));
  expect(readdirSync(join(at.store.folder, 'names'))).toEqual(['install%3Adebian']);
  expect(await at.store.find('install:debian')).toBe(keyOf('a'));
  await collectGarbage(at.store, 0);
  expect([...(await at.store.names())]).toEqual([['install:debian', keyOf('a')]]);
  await at.store.removeName('install:debian');
  await collectGarbage(at.store, 0);
  expect(await at.store.list()).toEqual([]);
});

test('a snapshot that is taken out leaves those that share with it whole', async () => {
  using at = new StoreFolder();
  await at.store.put(at.snapshot('a', BYTES));
  await at.store.put(at.snapshot('b', BYTES));
  await at.store.remove(keyOf('a'));
  await collectGarbage(at.store);
  expect(await at.store.has(keyOf('a'))).toBe(false);
  expect((await at.bytesOf('b')).equals(BYTES)).toBe(true);
});
