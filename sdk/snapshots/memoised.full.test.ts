/** What a memoised machine runs again, from where, and what it answers from a store that something has happened to. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { typewriter } from '../engines/conformance/boot-sector.js';
import { hardware, medium, screenText } from '../engines/conformance/suite.js';
import { GuestwrightError } from '../errors.js';
import { advanceTo, driven, guest, machineOf, store, v86 } from './memoised.test.helper.js';
import { timelineFolder } from './timeline-files.js';

test('another image, memory size, date or seed runs from its beginning, another input from there', async () => {
  await driven(await machineOf());
  const image = typewriter();
  // Behind the code: it is not carried out, and yet another medium.
  image[500] = (image[500] ?? 0) ^ 1;
  for (const other of [
    hardware(image),
    { ...guest, memoryMb: 17 },
    { ...guest, rtc: guest.rtc + 1_000 },
    { ...guest, seed: 2 },
    { ...guest, cdrom: medium(new Uint8Array(4096)) },
  ]) {
    expect((await driven(await machineOf(other))).ran).toBe(5_000);
  }
  const typed = await driven(await machineOf(), 'KeyB');
  expect(typed.after).toContain('>b');
  // From the snapshot that was stored right there.
  expect(typed.ran).toBe(2_000);
});

test('a question that the store can answer starts no engine; one that it cannot starts it in the middle', async () => {
  await driven(await machineOf());
  const machine = await machineOf();
  await advanceTo(machine, 2_500);
  expect(await screenText(machine)).toContain('>');
  await advanceTo(machine, 3_000);
  expect(machine.memoised.starts).toBe(0);
  await using plain = await v86.start(guest, {
    runDirectory: join(store.folder, 'plain'),
    runId: 'plain',
    guardMs: 120_000,
  });
  await advanceTo(plain, 4_500);
  await advanceTo(machine, 4_500);
  expect((await machine.observe({ kind: 'stateHash' })).hash).toBe((await plain.observe({ kind: 'stateHash' })).hash);
  // It went beyond the key of the first run without one: from the last snapshot before it.
  expect(machine.memoised).toMatchObject({ starts: 1, ran: 1_500 });
});

test('a timeline that is damaged is run again, wherever it is damaged', async () => {
  const expected = await driven(await machineOf(guest, Infinity));
  const folder = timelineFolder(store);
  const names = await readdir(folder);
  expect(names.length).toBeGreaterThan(1);
  for (const part of [0, 0.5, 0.99]) {
    for (const name of names) {
      const bytes = await readFile(join(folder, name));
      const at = Math.floor(bytes.length * part);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      await writeFile(join(folder, name), bytes);
    }
    const again = await driven(await machineOf(guest, Infinity));
    expect(again).toEqual(expected);
    expect((await driven(await machineOf(guest, Infinity))).ran).toBe(0);
  }
});

test('a snapshot that is damaged is not used, and said to be: an earlier one does as well', async () => {
  await driven(await machineOf());
  for (const name of await readdir(join(store.folder, 'packs'))) {
    const path = join(store.folder, 'packs', name);
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64);
    await writeFile(path, bytes);
  }
  const typed = await driven(await machineOf(), 'KeyB');
  expect(typed.after).toContain('>b');
  expect(typed.ran).toBe(5_000);
  expect(typed.problems[0]).toMatchObject({ failure: { code: 'store-damaged' } });
  // What was damaged is gone, and what is there now is whole.
  expect(await driven(await machineOf(), 'KeyB')).toMatchObject({ after: typed.after, ran: 0, problems: [] });
});

test('two machines that do the same at once put the same into the store', async () => {
  const [one, other] = await Promise.all([driven(await machineOf()), driven(await machineOf())]);
  expect(one).toEqual(other);
  expect((await driven(await machineOf())).ran).toBe(0);
});

test('a store that cannot be written disturbs no run, and is told once', async () => {
  const expected = await driven(await machineOf());
  // A file where a folder is to be: root may write everywhere.
  const folder = timelineFolder(store);
  await rm(folder, { recursive: true });
  await writeFile(folder, 'in the way');
  const { problems, ...seen } = await driven(await machineOf());
  expect(seen).toMatchObject({ after: expected.after, hash: expected.hash, ran: 5_000 });
  expect(problems.map((problem) => (problem instanceof GuestwrightError ? problem.code : problem))).toEqual([
    'store-unusable',
  ]);
});
