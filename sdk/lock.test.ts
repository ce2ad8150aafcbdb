/** A lock, by those who hold it, wait for it and die with it. */
import { execa } from 'execa';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exclusively, lockHolder, tryLock } from './lock.js';

let folder = '';
let lock = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'));
  lock = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function deadProcess(): Promise<number> {
  const dead = execa('true');
  await dead;
  return dead.pid ?? 0;
}

test('one after the other, and nothing of the lock is left', async () => {
  let [inside, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    inside--;
  };
  await Promise.all(Array.from({ length: 10 }, () => exclusively(lock, work)));
  expect({ inside, most, left: readdirSync(folder) }).toEqual({ inside: 0, most: 1, left: [] });
});

test.each(['', '{"pid": 1', '{"pid": 0, "host": "x", "token": "../y"}'])(
  'what stands in its place and names no holder (%j) holds nobody up',
  async (text) => {
    writeFileSync(lock, text);
    expect(await exclusively(lock, () => Promise.resolve('done'))).toBe('done');
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('many find the lock of a holder that was killed: one breaks it, and still one works at a time', async () => {
  for (let round = 0; round < 20; round++) {
    symlinkSync(
      JSON.stringify({ pid: await deadProcess(), host: hostname(), token: `dead-${round}`, mark: null }),
      lock,
    );
    let [inside, most, done] = [0, 0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside--;
      done++;
    };
    await Promise.all(Array.from({ length: 6 }, () => exclusively(lock, work)));
    expect({ inside, most, done, left: readdirSync(folder) }).toEqual({ inside: 0, most: 1, done: 6, left: [] });
  }
});

test('one that was killed while it broke the lock of another holds nobody up', async () => {
  const pid = await deadProcess();
  symlinkSync(JSON.stringify({ pid, host: hostname(), token: 'first', mark: null }), lock);
  symlinkSync(JSON.stringify({ pid, host: hostname(), token: 'second', mark: null }), `${lock}.broken-first`);
  expect(await exclusively(lock, () => Promise.resolve('done'))).toBe('done');
  expect(readdirSync(folder)).toEqual([]);
});

test('who waits is told once, and gets it when the holder is done', async () => {
  const order: string[] = [];
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const first = exclusively(lock, () => released.then(() => void order.push('first')));
  while (readdirSync(folder).length === 0) await new Promise(setImmediate);
  const second = exclusively(
    lock,
    () => Promise.resolve(void order.push('second')),
    () => {
      order.push('waits');
      release();
    },
  );
  await Promise.all([first, second]);
  expect(order).toEqual(['waits', 'first', 'second']);
});

test('the number of a dead holder that another process has now does not keep its lock', async () => {
  const note = { pid: process.pid, host: hostname(), token: 'another', mark: 'another-boot:1' };
  symlinkSync(JSON.stringify(note), lock);
  expect(await lockHolder(lock)).toBeNull();
  expect(await exclusively(lock, () => Promise.resolve('done'))).toBe('done');
});

test('a lock that is held is refused with its holder, and can be taken when it was given back', async () => {
  const first = await tryLock(lock);
  expect(await tryLock(lock)).toMatchObject({ heldBy: { pid: process.pid } });
  expect(await lockHolder(lock)).toMatchObject({ pid: process.pid });
  if (typeof first !== 'function') throw new Error('it was free');
  await first();
  expect(await lockHolder(lock)).toBeNull();
  expect(await tryLock(lock)).toBeTypeOf('function');
});

test('a holder that has ended, and that its parent has not asked after, holds nobody up', async () => {
  // The shell becomes a program that never asks how its child ended.
  const parent = execa('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 1000'], { reject: false });
  const pid = Number(String(await new Promise((resolve) => parent.stdout.once('data', resolve))));
  while (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')) await new Promise(setImmediate);
  symlinkSync(JSON.stringify({ pid, host: hostname(), token: 'ended', mark: null }), lock);
  expect(await lockHolder(lock)).toBeNull();
  parent.kill('SIGKILL');
  await parent;
});
