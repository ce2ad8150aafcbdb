/** A machine's public face on the real engine, with guests of one boot sector. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import * as guests from '../engines/conformance/boot-sector.js';
import { launch } from './launch.js';
import type { MachineSpecInput } from './spec.js';
import type { LaunchOptions, Machine } from './types.js';

let folder: string;
const machines: Machine[] = [];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'guestwright-test-machine-'));
  const images = {
    typewriter: guests.typewriter(),
    printing: guests.printing('hello'),
    other: guests.printing('another'),
    off: guests.poweringOff(0xb004),
    halting: guests.halting(),
    crashing: guests.crashing(),
    serial: guests.serialEcho(),
    disk: guests.diskWith(guests.bootCounter()),
  };
  for (const [name, bytes] of Object.entries(images)) writeFileSync(image(name), bytes);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(machines.splice(0).map(async (machine) => machine.dispose()));
});

function image(name: string): string {
  return path.join(folder, `${name}.img`);
}

async function boot(name: string, spec: MachineSpecInput = {}, options: LaunchOptions = {}): Promise<Machine> {
  const machine = await launch({ floppy: image(name), memory: 8, ...spec }, options);
  machines.push(machine);
  return machine;
}

async function failureOf(work: Promise<unknown>): Promise<GuestwrightError> {
  const error: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof GuestwrightError) return error;
  throw error;
}

test.each<[field: string, spec: object, words: string[]]>([
  ['a wrong type', { memory: '64' }, ['memory:', 'expected number', '"64"']],
  ['a number out of range', { memory: 1 }, ['memory:', '4']],
  ['an unknown field', { memroy: 64 }, ['memroy', 'the fields are:']],
  ['an empty font', { fonts: ['vga-8x16', ''] }, ['fonts.1', 'guestwright fonts list']],
  ['a wrong name', { boot: ['flopy'] }, ['boot.0:', '"floppy"|"cdrom"|"disk"', '"flopy"']],
  ['an unknown layout', { layout: 'qwerty' }, ['layout: expected one of us,', '{ groups: ["us", "ru"]', '"qwerty"']],
  ['a nested field', { kernel: { path: '' } }, ['kernel.path:', 'give a file path']],
])('a spec with %s names the field and what would be right', async (_what, spec, words) => {
  const error = await failureOf(launch(spec));
  expect([error.kind, error.code]).toEqual(['usage', 'spec-invalid']);
  for (const word of words) expect(error.message).toContain(word);
});

test('every wrong field is named at once', async () => {
  const { message } = await failureOf(launch({ memory: 1, serial: 9 }));
  expect(message).toMatch(/memory:[^]*serial:/);
});

test('a missing image, a floppy that is too large and too little memory are usage errors', async () => {
  expect((await failureOf(launch({ floppy: path.join(folder, 'nothing.img') }))).code).toBe('file-missing');
  writeFileSync(image('large'), new Uint8Array(3_000_000));
  expect((await failureOf(launch({ floppy: image('large') }))).message).toContain('use it as `cdrom`');
  writeFileSync(image('kernel'), new Uint8Array(4096));
  const kernel = { path: image('kernel'), initrd: image('kernel') };
  const error = await failureOf(launch({ memory: 64, kernel }));
  expect(error.message).toMatch(/expected: memory: 66 \(MB\) or more[^]*seen: {5}memory: 64/);
});

test('calls made at once are carried out in the order in which they were made', async () => {
  const machine = await boot('typewriter');
  await Promise.all([
    machine.screen.getByText('>').waitFor(),
    machine.keyboard.type('one'),
    machine.keyboard.type('two'),
    machine.screen.getByText('>onetwo').waitFor(),
    machine.keyboard.press('x'),
    machine.screen.getByText('>onetwox').waitFor(),
  ]);
  expect(machine.journal.length).toBe(14);
});

test('power: off, started again with another floppy, paused and resumed', async () => {
  const machine = await boot('printing');
  await machine.screen.getByText('hello').waitFor();
  await machine.powerOff();
  expect(machine.state).toBe('off');
  const { now } = machine.clock;
  await machine.start({ floppy: image('other') });
  expect(machine.clock.now).toBe(now);
  await machine.screen.getByText('another').waitFor();
  await machine.pause();
  expect(machine.state).toBe('paused');
  expect((await failureOf(machine.clock.advance(10))).code).toBe('machine-paused');
  expect(await machine.screen.text()).toContain('another');
  await machine.resume();
  await machine.clock.advance(10);
  await machine.reset();
  await machine.clock.advance(200);
  await machine.screen.getByText('another').waitFor();
});

test('a call in the wrong state says what state it is in and what to do', async () => {
  const machine = await boot('printing');
  const started = await failureOf(machine.start());
  expect([started.kind, started.code]).toEqual(['usage', 'wrong-state']);
  expect(started.message).toContain('cannot be started now');
  expect(started.message).toContain('it is running');
  expect((await failureOf(machine.resume())).message).toContain('a machine that is paused');
  await machine.powerOff();
  for (const call of [machine.reset(), machine.pause(), machine.insert('floppy0', null)]) {
    expect((await failureOf(call)).message).toContain('await machine.start() first');
  }
  expect((await failureOf(machine.keyboard.press('a'))).kind).toBe('guest');
  await machine.dispose();
  expect(machine.state).toBe('disposed');
  expect((await failureOf(machine.screen.text())).code).toBe('machine-disposed');
  expect((await failureOf(machine.start())).code).toBe('machine-disposed');
});

test('a medium needs a drive', async () => {
  const machine = await boot('printing');
  const error = await failureOf(machine.insert('cdrom0', image('other')));
  expect(error.message).toContain('launch it with { cdrom: null }');
  expect((await failureOf(machine.insert('floppy1', null))).message).toContain('use floppy0');
});

test.each([
  ['off', 'powered-off', 'powered off while waiting for', 'bye'],
  ['halting', 'halted', 'halted while waiting for', 'halting'],
  ['crashing', 'crashed', 'crashed while waiting for', 'crashing'],
] as const)('a guest that is %s ends a wait with code %s', async (name, code, words, screen) => {
  const machine = await boot(name, {}, { name: 'guinea pig' });
  const error = await failureOf(machine.screen.getByText('never shown').waitFor());
  expect([error.kind, error.code]).toEqual(['guest', code]);
  expect(error.message).toContain(`guinea pig ${words}`);
  expect(error.message).toContain('never shown');
  expect(error.message).toContain(screen);
  expect(error.message).toContain('guest time');
  expect(machine.failure).toMatchObject({ kind: 'guest', code });
});

test('waiting for power-off: it comes, or the failure shows the screen', async () => {
  await (await boot('off')).waitForPowerOff();
  const machine = await boot('printing');
  const error = await failureOf(machine.waitForPowerOff({ timeout: 500 }));
  expect([error.kind, error.code]).toEqual(['assertion', 'not-powered-off']);
  expect(error.message).toContain('hello');
});

test('a snapshot brings back screen, keyboard, serial position and journal', async () => {
  const machine = await boot('typewriter');
  await machine.screen.getByText('>').waitFor();
  await machine.keyboard.type('a');
  const snapshot = await machine.snapshot('with an a');
  const before = machine.journal.length;
  await machine.keyboard.down('Shift');
  await machine.keyboard.type('b');
  await machine.screen.getByText('>aB').waitFor();
  await machine.revert(snapshot);
  expect([machine.journal.length, machine.clock.now]).toEqual([before, snapshot.time]);
  await machine.keyboard.type('c');
  await machine.screen.getByText('>ac').waitFor();
});

test('a revert brings a machine back that was switched off', async () => {
  const machine = await boot('typewriter');
  await machine.screen.getByText('>').waitFor();
  const snapshot = await machine.snapshot();
  await machine.powerOff();
  await machine.revert(snapshot);
  expect(machine.state).toBe('running');
  await machine.keyboard.type('x');
  await machine.screen.getByText('>x').waitFor();
});

test('a snapshot of another machine is refused', async () => {
  const [one, two] = [await boot('printing'), await boot('printing')];
  const error = await failureOf(two.revert(await one.snapshot('mine')));
  expect(error.code).toBe('snapshot-of-another-machine');
  expect(error.message).toContain('machine.saveState(file)');
});

test('a saved state goes on in another machine, in the same state', async () => {
  const file = path.join(folder, 'state');
  const first = await boot('typewriter');
  await first.screen.getByText('>').waitFor();
  await first.keyboard.type('a');
  await first.saveState(file);
  const second = await boot('typewriter', { state: file });
  expect(second.clock.now).toBe(first.clock.now);
  expect(await second.stateHash()).toEqual(await first.stateHash());
  for (const machine of [first, second]) {
    // The distance that the keyboard keeps between two keys is not part of the state.
    await machine.clock.advance(100);
    await machine.keyboard.type('b');
  }
  expect(await second.stateHash()).toEqual(await first.stateHash());
  const error = await failureOf(boot('typewriter', { state: file, memory: 16 }));
  expect(error.code).toBe('state-of-another-machine');
  expect((await failureOf(boot('typewriter', { state: image('disk') }))).code).toBe('state-invalid');
});

test('what a guest writes to a disk goes to the overlay, never to its base', async () => {
  const overlay = path.join(folder, 'disk.overlay');
  for (const expected of ['#A', '#B']) {
    const machine = await launch({ memory: 8, disks: [{ path: image('disk'), overlay }] });
    await machine.screen.getByText(expected).waitFor();
    await machine.dispose();
  }
  const fresh = await launch({ memory: 8, disks: [image('disk')] });
  machines.push(fresh);
  await fresh.screen.getByText('#A').waitFor();
});

test('nothing is left behind: not by a machine, not by a launch that failed, not by one that was aborted', async () => {
  const left = (): string[] =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`guestwright-run-${process.pid}-`));
  const before = left();
  const machine = await boot('printing');
  writeFileSync(path.join(machine.runDirectory, 'file'), 'x');
  expect(left().length).toBe(before.length + 1);
  await machine.dispose();
  expect((await failureOf(boot('printing', { state: path.join(folder, 'no such state') }))).code).toBe('state-missing');
  const abort = new AbortController();
  const aborted = await boot('printing', {}, { signal: abort.signal });
  abort.abort();
  expect(aborted.state).toBe('disposed');
  await expect(boot('printing', {}, { signal: abort.signal })).rejects.toThrow(/abort/i);
  await aborted.dispose();
  expect(left()).toEqual(before);
});

test('the guard stops a machine that takes too much wall time, as an infrastructure failure', async () => {
  writeFileSync(image('counting'), guests.counting());
  const machine = await boot('counting', {}, { timeouts: { guard: 200 } });
  const error = await failureOf(machine.clock.advance(10_000_000));
  expect([error.kind, error.code]).toEqual(['infrastructure', 'guard-fired']);
  expect(error.message).toContain('timeouts.guard');
  expect(machine.failure).toMatchObject({ code: 'guard-fired' });
});
