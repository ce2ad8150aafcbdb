/** What a worker does for `guestwright compare` before a machine is launched, and with its pictures. */
import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeFrame } from '../../sdk/screen/frame.js';
import { readFailure } from './failure.js';
import { keepPicture } from './pictures.js';
import { COMPARE_PLAN, withComparedImage, type ComparePlan } from './record.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'guestwright-test-compare-'));
  const plan: ComparePlan = { folder: path.join(folder, 'b'), image: { kind: 'file', name: 'new.img' }, drive: null };
  vi.stubEnv(COMPARE_PLAN, JSON.stringify(plan));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test('the image is put in', async () => {
  expect(await withComparedImage({ floppy: 'old.img', memory: 8 })).toMatchObject({ floppy: 'new.img', memory: 8 });
  expect(await readFailure(path.join(folder, 'b'))).toBeNull();
});

test.each([
  ['begins at a state', { floppy: 'old.img', state: 'store:abc' }, 'compare-from-state'],
  ['has several images', { floppy: 'old.img', cdrom: 'old.iso' }, 'compare-ambiguous'],
])('a machine that %s fails its test, and the command learns why', async (_what, spec, code) => {
  const error = await withComparedImage(spec).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ failure: { kind: 'usage', code } });
  const left = await readFailure(path.join(folder, 'b'));
  expect(left).toMatchObject({ failure: { kind: 'usage', code } });
  expect(left?.message).toBe(error instanceof Error ? error.message : '');
});

test('a machine without a place for the image may begin at a state', async () => {
  const spec = { state: 'store:abc', memory: 8 };
  expect(await withComparedImage(spec)).toBe(spec);
});

test('a picture that is there is not written again', async () => {
  const frame = (red: number) =>
    makeFrame({ kind: 'graphic', mode: '1x1', width: 1, height: 1, rgba: Uint8Array.of(red, 0, 0, 255) }, red);
  const name = keepPicture(folder, frame(1));
  const file = path.join(folder, 'screens', name);
  await utimes(file, 1, 1);
  expect(keepPicture(folder, frame(1))).toBe(name);
  expect((await stat(file)).mtimeMs).toBe(1_000);
  expect(keepPicture(folder, frame(2))).not.toBe(name);
  expect(await readdir(path.join(folder, 'screens'))).toHaveLength(2);
});
