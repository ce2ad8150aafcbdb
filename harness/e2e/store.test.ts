/** The store of snapshots as a user looks after it. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SnapshotStore } from '../../sdk/snapshots/index.js';
import { UserFolder } from './command-line.js';

let user: UserFolder;
let folder: string;
let store: SnapshotStore;
const keyOf = (name: string): string => createHash('sha256').update(name).digest('hex');

beforeAll(async () => {
  user = await UserFolder.empty();
  folder = join(user.path, 'store');
  store = new SnapshotStore(folder);
});
afterAll(async () => await user[Symbol.asyncDispose]());

const run = async (...args: string[]) => await user.run(['store', ...args], { GUESTWRIGHT_STORE: folder });

async function put(name: string, bytes: number): Promise<void> {
  const file = join(user.path, name);
  writeFileSync(file, randomBytes(bytes));
  await store.put({ key: keyOf(name), engine: 'v86', identity: keyOf('m'), time: 5100, files: { state: file } });
}

// Each test goes on from where the one before left the store, as a person's day would.
test('an empty store says so', async () => {
  const { exitCode, stdout } = await run('list');
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`There is no snapshot in ${folder}.`);
  expect((await run('verify')).stdout).toBe('Everything in the store is as it was put there.');
});

test('what is in it is listed with names, guest time and size', async () => {
  await put('one', 300_000);
  await put('two', 500_000);
  await store.name('installed', keyOf('one'));
  const { stdout } = await run('list');
  expect(stdout).toMatch(
    new RegExp(`^${keyOf('one').slice(0, 12)}  v86 +5\\.1 s guest time +0\\.3 MB  used .*  installed$`, 'm'),
  );
  expect(JSON.parse((await run('list', '--json')).stdout)).toMatchObject([
    { key: keyOf('one'), names: ['installed'], bytes: 300_000 },
    { key: keyOf('two'), names: [], bytes: 500_000 },
  ]);
  expect((await run('stats')).stdout).toContain('2 snapshots of 0.8 MB in 2 packs of 0.8 MB');
});

test('a snapshot goes into a file and comes back in another store', async () => {
  const bundle = join(user.path, 'bundle');
  expect((await run('export', 'installed', bundle)).stdout).toContain(
    'a snapshot of a v86 machine at 5.1 s of guest time',
  );
  const other = join(user.path, 'other');
  const there = async (...args: string[]) => await user.run(['store', ...args], { GUESTWRIGHT_STORE: other });
  expect((await there('import', bundle, '--name', 'brought')).exitCode).toBe(0);
  const path = join(user.path, 'back');
  // By another key: whoever makes a file could give it any.
  const otherStore = new SnapshotStore(other);
  await otherStore.extract(await otherStore.find('brought'), 'state', path);
  expect(readFileSync(path).equals(readFileSync(join(user.path, 'one')))).toBe(true);
  writeFileSync(bundle, 'something else');
  const { exitCode, stderr } = await there('import', bundle);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('another kind of file');
});

test('over a limit what has a name stays', async () => {
  const { stdout } = await run('gc', '--limit', '0.4MB');
  expect(stdout).toBe('1 snapshots and 0 timelines evicted, 0.5 MB freed; the store has 0.3 MB.');
  expect((await run('gc', '--limit', '1KB')).stdout).toContain('over the limit: what is left is in use or has a name');
  expect((await run('gc', '--limit', 'much')).exitCode).toBe(2);
  expect((await run('rm', 'nothing')).exitCode).toBe(2);
});

test('damage is told and can be taken out', async () => {
  const [pack] = (await store.read(keyOf('one')))?.packs ?? [];
  const path = store.packPath(pack ?? '');
  const bytes = readFileSync(path);
  bytes[5000] = (bytes[5000] ?? 0) ^ 4;
  writeFileSync(path, bytes);
  const { exitCode, stdout } = await run('verify');
  expect(exitCode).toBe(3);
  expect(stdout).toContain(path);
  expect(stdout).toContain(`needed by: ${keyOf('one').slice(0, 12)}`);
  expect((await run('verify', '--remove')).exitCode).toBe(0);
  expect((await run('list')).stdout).toContain('There is no snapshot');
});
