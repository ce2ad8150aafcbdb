import { expect, test } from 'vitest';
import { KEY_CODES } from '../../input/keycodes.js';
import { GuestwrightError } from '../../errors.js';
import { chooseAccelerator, type TryOut } from './accelerator.js';
import { GuestClock } from './guest-time.js';
import { inputEvents } from './input-events.js';
import { decideEnd, decidePower, isFirmware, isTripleFault } from './power-events.js';
import { decodePpm, toRgba } from './ppm.js';
import { qcodeOf } from './qcodes.js';
import { fontsOf } from './vga-font.js';

const NO_BUTTONS = { left: false, middle: false, right: false };

test('every key has a name of its own in QEMU', () => {
  const names = KEY_CODES.map(qcodeOf);
  expect(new Set(names).size).toBe(KEY_CODES.length);
  expect(names.filter((name) => !/^[a-z0-9_]+$/.test(name))).toEqual([]);
  expect((['KeyQ', 'Digit7', 'Numpad7', 'F12', 'Enter', 'Space'] as const).map(qcodeOf)).toEqual([
    'q',
    '7',
    'kp_7',
    'f12',
    'ret',
    'spc',
  ]);
});

test('buttons are told when they change, the wheel by notches, positions in steps of the screen', () => {
  const pointer = (action: Parameters<typeof inputEvents>[0] & { kind: 'pointer' }, buttons = NO_BUTTONS) =>
    inputEvents(action, buttons);
  const down = { type: 'buttons', left: true, middle: false, right: false } as const;
  expect(pointer({ kind: 'pointer', action: down })).toEqual({
    events: [[{ type: 'btn', data: { down: true, button: 'left' } }]],
    buttons: { left: true, middle: false, right: false },
  });
  expect(pointer({ kind: 'pointer', action: down }, { ...NO_BUTTONS, left: true }).events).toEqual([]);
  expect(pointer({ kind: 'pointer', action: { type: 'wheel', dy: -2 } }).events).toHaveLength(4);
  expect(pointer({ kind: 'pointer', action: { type: 'moveTo', x: 1, y: 0.5 } }).events).toEqual([
    [
      { type: 'abs', data: { axis: 'x', value: 32767 } },
      { type: 'abs', data: { axis: 'y', value: 16384 } },
    ],
  ]);
});

test('guest time stands while the guest does', () => {
  let wall = 100;
  const clock = new GuestClock(() => wall);
  wall += 50;
  expect(clock.now).toBe(0);
  clock.start();
  wall += 40.7;
  expect(clock.now).toBe(40);
  clock.stop();
  wall += 1000;
  expect(clock.now).toBe(40);
  clock.start();
  clock.start();
  wall += 10;
  expect(clock.now).toBe(50);
  clock.set(7);
  wall += 1;
  expect(clock.now).toBe(8);
});

test.each([
  ['SHUTDOWN', { guest: true, reason: 'guest-shutdown' }, 'off'],
  ['SHUTDOWN', { guest: true, reason: 'guest-reset' }, 'reset'],
  ['SHUTDOWN', { guest: true, reason: 'guest-panic' }, 'crashed'],
  ['SHUTDOWN', { guest: false, reason: 'host-qmp-quit' }, undefined],
  ['GUEST_PANICKED', { action: 'pause' }, 'crashed'],
  ['STOP', {}, 'stopped'],
  ['RESUME', {}, undefined],
])('the event %s %j means: %s', (name, data, expected) => {
  expect(decidePower({ name, data }, false)?.kind).toBe(expected);
});

test('a reset by a triple fault is told from another, and where it happened decides what it was', () => {
  const event = { name: 'SHUTDOWN', data: { guest: true, reason: 'guest-reset' } };
  expect(decidePower(event, true)).toEqual({ kind: 'triple-fault' });
  expect(['Triple fault', 'CPU Reset (CPU 0)'].map(isTripleFault)).toEqual([true, false]);
  // SeaBIOS 1.16 resets at 0xefaad; the guest of the conformance suite faults in its boot sector.
  expect([0xefaad, 0xfffff, 0x7c40, 0x100000].map(isFirmware)).toEqual([true, true, false, false]);
});

test.each([
  ['riscv64', 0, 'off'],
  ['riscv64', 1, undefined],
  ['riscv64', null, undefined],
  ['x86_64', 0, undefined],
] as const)('a QEMU for %s that ends by itself with %s: %s', (architecture, exitCode, expected) => {
  expect(decideEnd(architecture, exitCode)?.kind).toBe(expected);
});

test('a picture of QEMU is read with its header; half of one is not', () => {
  const ppm = Buffer.concat([Buffer.from('P6\n2 1\n255\n'), Buffer.from([1, 2, 3, 250, 251, 252])]);
  const picture = decodePpm(ppm);
  expect(picture && [...toRgba(picture)]).toEqual([1, 2, 3, 255, 250, 251, 252, 255]);
  expect(decodePpm(ppm.subarray(0, -1))).toBeNull();
  expect(decodePpm(Buffer.from('P5\n2 1\n255\n'))).toBeNull();
});

test('fonts are found in an option ROM by their first two glyphs', () => {
  const rom = new Uint8Array(0x4000);
  rom.fill(0xee);
  const at = 0x1234;
  rom.fill(0, at, at + 256 * 16);
  rom.set([0, 0, 0x7e, 0x81, 0xa5, 0x81, 0x81, 0xbd, 0x99, 0x81, 0x81, 0x7e], at + 16);
  rom.fill(0xaa, at + 0x41 * 16, at + 0x42 * 16);
  const fonts = fontsOf(rom);
  expect(fonts.map(({ height }) => height)).toEqual([16]);
  expect([...(fonts[0]?.glyphs.subarray(0x41 * 32, 0x41 * 32 + 17) ?? [])]).toEqual([
    ...new Array<number>(16).fill(0xaa),
    0,
  ]);
  expect(fontsOf(new Uint8Array(100))).toEqual([]);
});

const onlyTcg: TryOut = async (name) =>
  await Promise.resolve(name === 'tcg' ? { works: true, reason: 'it ran' } : { works: false, reason: 'it failed' });

test('the accelerator that works is taken, and the reason says what did not', async () => {
  const choice = await chooseAccelerator('auto', onlyTcg);
  expect(choice.accelerator).toBe('tcg');
  expect(choice.reason).toMatch(/^tcg: it ran/);
  if (process.platform === 'linux') expect(choice.reason).toBe('tcg: it ran; not kvm: it failed');
});

test('an accelerator that was asked for by name is an error where it does not work', async () => {
  const error: unknown = await chooseAccelerator('kvm', onlyTcg).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(GuestwrightError);
  expect((error as GuestwrightError).code).toBe('accelerator-unusable');
  expect((error as GuestwrightError).message).toContain('not kvm: it failed');
});
