/** Undo disks as folders: what a kill leaves at any point is put right, one way or the other. */
import { mkdtemp, readdir, readFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MachineFolder } from './machine-folder.js';
import { assertChanges, assertNoChanges, beginChanges, commitChanges, discardChanges, settleChanges } from './undo.js';

let folder: MachineFolder;
const disk = (): string => join(folder.disks, 'disk0.overlay');

beforeEach(async () => {
  folder = new MachineFolder(await mkdtemp(join(tmpdir(), 'guestwright-test-undo-')));
  await mkdir(folder.disks);
  await writeFile(disk(), 'before');
});
afterEach(async () => await rm(folder.path, { recursive: true, force: true }));

/** As QEMU writes, and beside it what was not there before. */
async function run(): Promise<void> {
  await beginChanges(folder, true);
  await writeFile(disk(), 'after');
  await writeFile(join(folder.disks, 'disk1.overlay'), 'new');
}
const seen = async (): Promise<unknown> => [
  await readFile(disk(), 'utf8'),
  await readdir(folder.disks),
  await readdir(folder.path),
];
const BEFORE = ['before', ['disk0.overlay'], ['disks']];
const AFTER = ['after', ['disk0.overlay', 'disk1.overlay'], ['disks']];

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
