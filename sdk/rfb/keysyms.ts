/**
 * What keys mean to the viewer's system (X11's keysyms, as RFB has them), and which key of a PC that is. Source:
 * X11/keysymdef.h; RFC 6143, 7.5.4.
 */
import { KEY_CODES, type KeyCode } from '../input/keycodes.js';
import { scanCodes } from '../input/scancodes.js';

const NAMED: Readonly<Record<number, KeyCode>> = {
  0xfe03: 'AltRight',
  0xfe20: 'Tab',
  0xff08: 'Backspace',
  0xff09: 'Tab',
  0xff0d: 'Enter',
  0xff13: 'Pause',
  0xff14: 'ScrollLock',
  0xff15: 'PrintScreen',
  0xff1b: 'Escape',
  0xff22: 'NonConvert',
  0xff23: 'Convert',
  0xff27: 'KanaMode',
  0xff50: 'Home',
  0xff51: 'ArrowLeft',
  0xff52: 'ArrowUp',
  0xff53: 'ArrowRight',
  0xff54: 'ArrowDown',
  0xff55: 'PageUp',
  0xff56: 'PageDown',
  0xff57: 'End',
  0xff61: 'PrintScreen',
  0xff63: 'Insert',
  0xff67: 'ContextMenu',
  0xff6b: 'Pause',
  0xff7e: 'AltRight',
  0xff7f: 'NumLock',
  0xff8d: 'NumpadEnter',
  0xff95: 'Numpad7',
  0xff96: 'Numpad4',
  0xff97: 'Numpad8',
  0xff98: 'Numpad6',
  0xff99: 'Numpad2',
  0xff9a: 'Numpad9',
  0xff9b: 'Numpad3',
  0xff9c: 'Numpad1',
  0xff9d: 'Numpad5',
  0xff9e: 'Numpad0',
  0xff9f: 'NumpadDecimal',
  0xffaa: 'NumpadMultiply',
  0xffab: 'NumpadAdd',
  0xffac: 'NumpadComma',
  0xffad: 'NumpadSubtract',
  0xffae: 'NumpadDecimal',
  0xffaf: 'NumpadDivide',
  0xffe1: 'ShiftLeft',
  0xffe2: 'ShiftRight',
  0xffe3: 'ControlLeft',
  0xffe4: 'ControlRight',
  0xffe5: 'CapsLock',
  // X11 calls Alt so while Shift is held.
  0xffe7: 'AltLeft',
  0xffe8: 'AltRight',
  0xffe9: 'AltLeft',
  0xffea: 'AltRight',
  0xffeb: 'MetaLeft',
  0xffec: 'MetaRight',
  0xffed: 'MetaLeft',
  0xffee: 'MetaRight',
  0xffff: 'Delete',
};
const FIRST_DIGIT = 0xffb0;
const FIRST_FUNCTION_KEY = 0xffbe;

const CODES: ReadonlySet<string> = new Set(KEY_CODES);

/** The key of a meaning that is no character; null: there is none on a PC. */
export function keyOfKeysym(keysym: number): KeyCode | null {
  const digit = keysym - FIRST_DIGIT;
  if (digit >= 0 && digit <= 9) return named(`Numpad${digit}`);
  const number = keysym - FIRST_FUNCTION_KEY + 1;
  if (number >= 1 && number <= 12) return named(`F${number}`);
  return NAMED[keysym] ?? null;
}

function named(name: string): KeyCode | null {
  return isCode(name) ? name : null;
}

const isCode = (name: string): name is KeyCode => CODES.has(name);

/** The character that a keysym is; null: it is none, or one of an older list that no viewer of today sends. */
export function characterOfKeysym(keysym: number): string | null {
  if ((keysym >= 0x20 && keysym <= 0x7e) || (keysym >= 0xa0 && keysym <= 0xff)) return String.fromCodePoint(keysym);
  if (keysym === 0x20ac) return '€';
  const point = keysym - 0x0100_0000;
  const isPoint = point >= 0x20 && point <= 0x10_ffff && !(point >= 0xd800 && point <= 0xdfff);
  return isPoint ? String.fromCodePoint(point) : null;
}

const SCANS: ReadonlyMap<number, KeyCode> = new Map([
  ...KEY_CODES.flatMap((code): [number, KeyCode][] => {
    const [first = 0, second = 0, ...more] = scanCodes(code, true);
    if (more.length > 0) return [];
    return [[first === 0xe0 ? second | 0x80 : first, code]];
  }),
  // They have sequences of their own on a real keyboard, and these numbers in QEMU.
  [0x54, 'PrintScreen'],
  [0xb7, 'PrintScreen'],
  [0xc6, 'Pause'],
]);

/** The key of a place on the keyboard, by QEMU's extension; null: a PC has none there. */
export function keyOfScan(scan: number): KeyCode | null {
  return SCANS.get(scan) ?? null;
}
