/** The US layout (ANSI INCITS 154), as data. */
import type { KeyCode } from '../keycodes.js';
import type { Layout, LayoutKey } from '../layout.js';

/** Physical key, what it types, what it types with Shift. */
const SYMBOLS: readonly (readonly [KeyCode, string, string])[] = [
  ['Backquote', '`', '~'],
  ['Digit1', '1', '!'],
  ['Digit2', '2', '@'],
  ['Digit3', '3', '#'],
  ['Digit4', '4', '$'],
  ['Digit5', '5', '%'],
  ['Digit6', '6', '^'],
  ['Digit7', '7', '&'],
  ['Digit8', '8', '*'],
  ['Digit9', '9', '('],
  ['Digit0', '0', ')'],
  ['Minus', '-', '_'],
  ['Equal', '=', '+'],
  ['BracketLeft', '[', '{'],
  ['BracketRight', ']', '}'],
  ['Backslash', '\\', '|'],
  ['Semicolon', ';', ':'],
  ['Quote', "'", '"'],
  ['Comma', ',', '<'],
  ['Period', '.', '>'],
  ['Slash', '/', '?'],
];

const LETTERS: readonly KeyCode[] = [
  ...([
    'KeyA',
    'KeyB',
    'KeyC',
    'KeyD',
    'KeyE',
    'KeyF',
    'KeyG',
    'KeyH',
    'KeyI',
    'KeyJ',
    'KeyK',
    'KeyL',
    'KeyM',
  ] as const),
  ...([
    'KeyN',
    'KeyO',
    'KeyP',
    'KeyQ',
    'KeyR',
    'KeyS',
    'KeyT',
    'KeyU',
    'KeyV',
    'KeyW',
    'KeyX',
    'KeyY',
    'KeyZ',
  ] as const),
];

const keys = new Map<string, LayoutKey>([[' ', { code: 'Space' }]]);
for (const [code, plain, shifted] of SYMBOLS) {
  keys.set(plain, { code });
  keys.set(shifted, { code, shift: true });
}
for (const code of LETTERS) {
  const letter = code.slice('Key'.length);
  keys.set(letter.toLowerCase(), { code });
  keys.set(letter, { code, shift: true });
}

export const us: Layout = { name: 'us', keys };
