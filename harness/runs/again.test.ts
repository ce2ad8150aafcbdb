import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { engineNamed } from '../../sdk/engines/index.js';
import { launch } from '../../sdk/machine/launch.js';
import type { JournalEntry, Started } from '../../sdk/machine/types.js';
import { echoingGuest } from '../e2e/tiny-guests.js';
import { againOf, inputOf, runAgain } from './again.js';

test('what a file holds of the inputs brings another machine to the same state', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestwright-again-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const floppy = join(folder, 'guest.img');
  writeFileSync(floppy, echoingGuest());
  const started: Started[] = [];
  await using machine = await launch({ memory: 8, floppy }, { onStart: (one) => started.push(one) });
  await machine.screen.getByText('READY').waitFor();
  await machine.keyboard.type('ab');
  await machine.serial.write('x\u00ff');
  await machine.reset();
  await machine.clock.advance(500);
  const again = runAgain.parse(JSON.parse(JSON.stringify(againOf(machine.journal))));
  expect(again).toMatchObject({ until: null, why: null });
  expect(again.inputs.length).toBe(machine.journal.length);

  const engine = await engineNamed('v86');
  const context = { runDirectory: folder, runId: 'again', guardMs: 60_000 };
  const { hardware } = started[0] ?? {};
  if (hardware === undefined) throw new Error('it was not told what it was started with');
  await using other = await engine.start(hardware, context);
  for (const { at, input } of again.inputs) {
    while (other.now < at) await other.advance({ limit: at, stopOn: [] });
    await other.input(inputOf(input));
  }
  await other.advance({ limit: machine.clock.now, stopOn: [] });
  expect((await other.observe({ kind: 'stateHash' })).hash).toBe((await machine.stateHash()).hash);
});

test('it ends before a secret, and before what it has no data of', () => {
  const key: JournalEntry = { at: 1, input: { kind: 'key', code: 'KeyA', down: true } };
  expect(againOf([key, { ...key, at: 2, secret: true }, { ...key, at: 3 }])).toEqual({
    inputs: [{ at: 1, input: key.input }],
    until: 2,
    why: expect.stringContaining('a secret') as string,
  });
  expect(againOf([key, { at: 5, input: { kind: 'snapshot' } }])).toMatchObject({ until: 5 });
});

test('an input of a damaged or forged file is refused', () => {
  const entry = (input: object) => ({ inputs: [{ at: 1, input }], until: null, why: null });
  for (const input of [
    { kind: 'key', code: 'KeyΩ', down: true },
    { kind: 'serial', port: 9, data: '' },
    { kind: 'serial', port: 0, data: 'xyz' },
    { kind: 'power', action: 'on' },
    { kind: 'media', drive: 'floppy0', medium: null },
  ]) {
    expect(runAgain.safeParse(entry(input)).success, JSON.stringify(input)).toBe(false);
  }
});
