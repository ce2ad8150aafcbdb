/** Keys that a browser or its system keeps for itself, to be sent to a guest all the same. */

/** X11 keysyms, each with the name of its key in a browser. */
const KEYS = {
  Control: [0xffe3, 'ControlLeft'],
  Alt: [0xffe9, 'AltLeft'],
  Shift: [0xffe1, 'ShiftLeft'],
  Win: [0xffeb, 'MetaLeft'],
  Delete: [0xffff, 'Delete'],
  Backspace: [0xff08, 'Backspace'],
  Tab: [0xff09, 'Tab'],
  Escape: [0xff1b, 'Escape'],
  PrintScreen: [0xff61, 'PrintScreen'],
  Pause: [0xff13, 'Pause'],
  ScrollLock: [0xff14, 'ScrollLock'],
  Menu: [0xff67, 'ContextMenu'],
  F1: [0xffbe, 'F1'],
  F2: [0xffbf, 'F2'],
  F3: [0xffc0, 'F3'],
  F4: [0xffc1, 'F4'],
  F5: [0xffc2, 'F5'],
  F6: [0xffc3, 'F6'],
  F7: [0xffc4, 'F7'],
  F8: [0xffc5, 'F8'],
  F9: [0xffc6, 'F9'],
  F10: [0xffc7, 'F10'],
  F11: [0xffc8, 'F11'],
  F12: [0xffc9, 'F12'],
} as const satisfies Record<string, readonly [number, string]>;

type Key = keyof typeof KEYS;

export const CHORDS: readonly (readonly Key[])[] = [
  ['Control', 'Alt', 'Delete'],
  ['Control', 'Alt', 'Backspace'],
  ['Win'],
  ['Alt', 'Tab'],
  ['Alt', 'F4'],
  ['Control', 'Escape'],
  ['Escape'],
  ['Tab'],
  ['PrintScreen'],
  ['Pause'],
  ['ScrollLock'],
  ['Menu'],
  ...(['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12'] as const).map((key) => [key]),
  ...(['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7'] as const).map((key) => ['Control', 'Alt', key] as const),
];

export const wordChord = (chord: readonly Key[]): string => chord.join('+').replace('Control', 'Ctrl');

/** Pressed in order, released in the other. */
export function sendChord(chord: readonly Key[], send: (keysym: number, code: string, down: boolean) => void): void {
  const keys = chord.map((key) => KEYS[key]);
  for (const [keysym, code] of keys) send(keysym, code, true);
  for (const [keysym, code] of keys.reverse()) send(keysym, code, false);
}
