import { expect, test } from 'vitest';
import { InputWatch } from './input-watch.js';

/** The lines that QEMU 7.2 logs while SeaBIOS sets the keyboard up. */
const FIRMWARE = [
  'ps2_write_keyboard 0x55e1 val 255',
  'ps2_read_data 0x55e1',
  'ps2_read_data 0x55e1',
  'ps2_write_keyboard 0x55e1 val 245',
  'ps2_read_data 0x55e1',
  'ps2_write_keyboard 0x55e1 val 240',
  'ps2_read_data 0x55e1',
  'ps2_write_keyboard 0x55e1 val 2',
  'ps2_read_data 0x55e1',
  'ps2_write_keyboard 0x55e1 val 244',
  'ps2_read_data 0x55e1',
];
const DOWN_PRESSED = [
  'ps2_keyboard_event 0x55e1 qcode 85 down 1 modifier 0x0 modifiers 0x0 set 2 xlate 1',
  'ps2_put_keycode 0x55e1 keycode 0xe0',
  'ps2_put_keycode 0x55e1 keycode 0x72',
];
const DOWN_RELEASED = [
  'ps2_keyboard_event 0x55e1 qcode 85 down 0 modifier 0x0 modifiers 0x0 set 2 xlate 1',
  'ps2_put_keycode 0x55e1 keycode 0xe0',
  'ps2_put_keycode 0x55e1 keycode 0xf0',
  'ps2_put_keycode 0x55e1 keycode 0x72',
];

function watchOf(...lines: string[]): InputWatch {
  const watch = new InputWatch();
  for (const line of lines) expect(watch.line(line), line).toBe(true);
  return watch;
}

test('the keyboard is enabled when the firmware has switched it on', () => {
  expect(watchOf(...FIRMWARE.slice(0, -2)).keyboardEnabled).toBe(false);
  const watch = watchOf(...FIRMWARE);
  expect([watch.keyboardEnabled, watch.pendingKeys]).toEqual([true, 0]);
});

test('a key is pending until all of its bytes are read; a translated release is as long as its press', () => {
  const watch = watchOf(...FIRMWARE, ...DOWN_PRESSED);
  expect(watch.pendingKeys).toBe(2);
  for (const line of DOWN_RELEASED) watch.line(line);
  expect(watch.pendingKeys).toBe(4);
  for (let left = 3; left >= 0; left--) {
    watch.line('ps2_read_data 0x55e1');
    expect(watch.pendingKeys).toBe(left);
  }
});

test('answers to commands are read before keys and are none', () => {
  const watch = watchOf(...FIRMWARE, ...DOWN_PRESSED, 'ps2_write_keyboard 0x55e1 val 237', 'ps2_read_data 0x55e1');
  expect(watch.pendingKeys).toBe(2);
  for (const line of ['ps2_write_keyboard 0x55e1 val 244', 'ps2_read_data 0x55e1']) watch.line(line);
  // 0xF4 was the parameter of 0xED here.
  expect([watch.pendingKeys, watch.keyboardEnabled]).toEqual([2, true]);
});

test('what the mouse sends is no key', () => {
  const watch = watchOf(...FIRMWARE, ...DOWN_PRESSED, 'ps2_write_mouse 0x66f2 val 244', 'ps2_read_data 0x66f2');
  expect([watch.pendingKeys, watch.mouseEnabled]).toEqual([2, true]);
});

test('keys that did not fit the queue are not waited for', () => {
  const watch = watchOf(...FIRMWARE);
  for (let i = 0; i < 20; i++) for (const line of DOWN_PRESSED) watch.line(line);
  expect(watch.pendingKeys).toBe(16);
});

test('a keyboard that is reset forgets its keys; a machine that is reset is as new', () => {
  const watch = watchOf(...FIRMWARE, ...DOWN_PRESSED, 'ps2_write_keyboard 0x55e1 val 255');
  expect([watch.pendingKeys, watch.keyboardEnabled]).toEqual([0, false]);
  watch.reset();
  expect([watch.pendingKeys, watch.keyboardEnabled, watch.mouseEnabled]).toEqual([0, false, false]);
});

test('other lines of the log are left alone', () => {
  expect(new InputWatch().line('CPU Reset (CPU 0)')).toBe(false);
  expect(new InputWatch().line('ps2_kbd_reset 0x55e1')).toBe(false);
});
