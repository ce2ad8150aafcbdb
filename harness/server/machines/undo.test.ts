/** Undo disks as folders: what a kill leaves at any point is put right, one way or the other. */
import { mkdtemp, readdir, readFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { overlayLayers } from '../../../sdk/disks/overlay-layers.js';
import { emptyQcow2 } from '../../../sdk/disks/qcow2.js';
import { exists } from '../../../sdk/images/files.js';
import { MachineFolder } from './machine-folder.js';
import { assertChanges, assertNoChanges, beginChanges, commitChanges, discardChanges, settleChanges } from './undo.js';

let folder: MachineFolder;
const disk = (): string => join(folder.disks, 'disk0.overlay');

/** As large as a disk with something on it; the text stands for what that is. */
const image = (text: string): Buffer => Buffer.concat([emptyQcow2(1 << 20), Buffer.from(text)]);
const TEXT = emptyQcow2(1 << 20).length;

beforeEach(async () => {
  folder = new MachineFolder(await mkdtemp(join(tmpdir(), 'guestwright-test-undo-')));
  await mkdir(folder.disks);
  await writeFile(disk(), image('before'));
});
afterEach(async () => await rm(folder.path, { recursive: true, force: true }));

/** As QEMU writes, and beside it what was not there before. */
async function run(): Promise<void> {
  await beginChanges(folder, true);
  await writeFile((await overlayLayers(disk())).top, image('after'));
  await writeFile(join(folder.disks, 'disk1.overlay'), image('new'));
}

/** What was written to the disk last. */
async function written(): Promise<string> {
  const { below, top } = await overlayLayers(disk());
  const last = (await exists(top)) ? top : (below.at(-1) ?? top);
  return (await readFile(last)).subarray(TEXT).toString();
}

const seen = async (): Promise<unknown> => [await written(), await readdir(folder.disks), await readdir(folder.path)];
const BEFORE = ['before', ['disk0.overlay', 'disk0.overlay.layers'], ['disks']];
const AFTER = ['after', ['disk0.overlay', 'disk0.overlay.2', 'disk0.overlay.layers', 'disk1.overlay'], ['disks']];

test('changes are committed or discarded, and none are pending then', async () => {
  await assertNoChanges('web', folder);
  await run();
  expect(await beginChanges(folder, true)).toBe(false);
  await expect(assertNoChanges('web', folder)).rejects.toMatchObject({ code: 'changes-pending' });
  await discardChanges(folder);
  expect(await seen()).toEqual(BEFORE);
  await run();
  await commitChanges(folder);
  expect(await seen()).toEqual(AFTER);
  await expect(assertChanges('web', folder)).rejects.toMatchObject({ code: 'changes-missing' });
});

test.each([
  ['discard', true, BEFORE],
  ['commit', true, AFTER],
  ['keep', true, ['after', AFTER[1], ['disks', 'undo']]],
  ['discard', false, ['after', AFTER[1], ['disks', 'undo']]],
] as const)('of a machine that nobody runs: %s, off: %s', async (policy, isOff, expected) => {
  await run();
  await settleChanges(folder, policy, isOff);
  expect(await seen()).toEqual(expected);
});

test('nothing is copied for it', async () => {
  const { ino } = await stat(disk());
  await run();
  expect((await stat(join(folder.undo, 'disk0.overlay'))).ino).toBe(ino);
});

test.each([
  ['discard', 'before'],
  ['commit', 'after'],
] as const)('of a folder with copies, of the time before: %s', async (policy, expected) => {
  await mkdir(folder.undo);
  await writeFile(join(folder.undo, 'disk0.overlay'), image('before'));
  await writeFile(disk(), image('after'));
  await settleChanges(folder, policy, true);
  expect([await written(), await readdir(folder.path)]).toEqual([expected, ['disks']]);
});

test('what a kill has left of discarding goes on to its end', async () => {
  await run();
  await rename(folder.disks, `${folder.disks}.discarded`);
  await settleChanges(folder, 'keep', true);
  expect(await seen()).toEqual(BEFORE);
  await run();
  await rename(folder.disks, `${folder.disks}.discarded`);
  await rename(folder.undo, folder.disks);
  await settleChanges(folder, 'keep', true);
  expect(await seen()).toEqual(BEFORE);
});

test('what a kill has left of committing, and of beginning, goes', async () => {
  await run();
  await rename(folder.undo, `${folder.undo}.gone`);
  await mkdir(`${folder.undo}.part`);
  await settleChanges(folder, 'keep', true);
  expect(await seen()).toEqual(AFTER);
});
