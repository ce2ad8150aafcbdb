/** Runs of guests of one boot sector, recorded and replayed: what takes longer. */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bootCounter, diskWith, serialEcho, typewriter } from '../engines/conformance/boot-sector.js';
import { MANIFEST_FILE } from './manifest.js';
import { available, image, manifestOf, record, replayed, textOf, typed } from './record.test.helper.js';

test.skipIf(!available)('a recording in which something is not as it was is found to part, and where', async () => {
  const { recording } = await typed('one', 'abc');
  const { recording: other } = await typed('other', 'xyz');
  const manifest = await manifestOf(recording);
  const marks = manifest.run.segments[0]?.marks ?? [];
  const hashed = marks.filter(({ memory }) => memory !== undefined);
  // At its end, and before where the host gave it the time.
  const [first] = hashed;
  if (first === undefined) throw new Error('the machine is hashed at its end');
  // A memory that is another by one byte has another hash.
  const memory = `${first.memory?.startsWith('0') === true ? '1' : '0'}${first.memory?.slice(1) ?? ''}`;
  const altered = structuredClone(manifest);
  const mark = altered.run.segments[0]?.marks.find(({ at, memory: its }) => at === first.at && its !== undefined);
  if (mark !== undefined) mark.memory = memory;
  await writeFile(join(recording, MANIFEST_FILE), JSON.stringify(altered));
  expect(await replayed(recording)).toMatchObject({
    kind: 'parted',
    parting: { kind: 'memory', expected: memory, seen: first.memory },
    at: first.at,
  });
  // The log of a run in which other keys were typed.
  const { digests } = await manifestOf(other);
  await writeFile(join(recording, MANIFEST_FILE), JSON.stringify({ ...manifest, digests }));
  await copyFile(join(other, 'segment-1.log'), join(recording, 'segment-1.log'));
  const verdict = await replayed(recording);
  expect(verdict.kind).toBe('parted');
  expect(verdict.at).toBeLessThanOrEqual(first.at);
});

test.skipIf(!available)('more serial input than the UART holds arrives whole, and is replayed', async () => {
  const sent = 'the quick brown fox jumps over the lazy dog';
  const echoed = Buffer.from(Buffer.from(sent).map((byte) => byte + 1)).toString();
  const recording = await record('serial', { floppy: await image('echo.img', serialEcho()) }, async (machine) => {
    await machine.serial.waitFor('!');
    await machine.serial.write(sent);
    // Byte by byte, and each takes a busy host a second or two.
    await machine.serial.waitFor(echoed, { timeout: 240_000 });
    await machine.stateHash();
  });
  const verdict = await replayed(recording);
  expect(verdict, verdict.kind === 'parted' ? JSON.stringify(verdict) : '').toMatchObject({ kind: 'exact' });
});

test.skipIf(!available)('a reset and another power-on are replayed, with what was written to the disk', async () => {
  const disk = await image('counter.img', diskWith(bootCounter()));
  const recording = await record('counted', { disks: [disk] }, async (machine) => {
    await machine.screen.getByText('#A').waitFor();
    await machine.reset();
    await machine.screen.getByText('#B').waitFor();
    await machine.powerOff();
    await machine.start();
    await machine.screen.getByText('#C').waitFor();
  });
  expect((await manifestOf(recording)).run.segments).toHaveLength(3);
  const verdict = await replayed(recording);
  expect(verdict).toMatchObject({ kind: 'exact', memories: 3 });
  expect(textOf(verdict)).toContain('#C');
});

test.skipIf(!available)('a replay stops at the guest time that it is told, and shows what was there then', async () => {
  const { recording, halfway } = await typed('halfway', 'abc');
  const text = textOf(await replayed(recording, halfway));
  expect(text).toContain('>abc');
  expect(text).not.toContain('>abcmore');
});

test.skipIf(!available)('what a recording cannot hold is refused by name, and the machine goes on', async () => {
  const floppy = await image('typewriter.img', typewriter());
  const recording = await record('refused', { floppy }, async (machine) => {
    expect(machine.capabilities).toMatchObject({ determinism: 'recorded', snapshots: false });
    await machine.screen.getByText(/^>$/).waitFor();
    await expect(machine.snapshot()).rejects.toMatchObject({ code: 'not-while-recording' });
    await expect(machine.pause()).rejects.toMatchObject({ code: 'not-while-recording' });
    await expect(machine.insert('floppy0', null)).rejects.toMatchObject({ code: 'not-while-recording' });
    await machine.keyboard.type('on');
    await machine.screen.getByText('>on').waitFor();
  });
  expect(await replayed(recording)).toMatchObject({ kind: 'exact' });
});
