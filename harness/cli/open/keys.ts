/**
 * What a terminal sends for a key, turned into what `Keyboard` understands. Terminals send characters and the escape
 * sequences of xterm, the Linux console and the VT220, not key codes: some chords (Control+Shift+a, a key on its own
 * such as Shift) cannot be told apart or do not arrive at all.
 */
export type TypedKey =
  | { kind: 'text'; text: string }
  | { kind: 'press'; chord: string }
  /** A sequence that stands for no key we know. */
  | { kind: 'unknown'; sequence: string };

const ESCAPE = '\x1b';

/** Final letters of CSI (`ESC [ A`) and SS3 (`ESC O A`) sequences. */
const BY_LETTER: Record<string, string> = {
  A: 'ArrowUp',
  B: 'ArrowDown',
  C: 'ArrowRight',
  D: 'ArrowLeft',
  F: 'End',
  H: 'Home',
  P: 'F1',
  Q: 'F2',
  R: 'F3',
  S: 'F4',
};

/** Numbers of `ESC [ n ~`. */
const BY_NUMBER: Record<string, string> = {
  ...{ 1: 'Home', 2: 'Insert', 3: 'Delete', 4: 'End', 5: 'PageUp', 6: 'PageDown', 7: 'Home', 8: 'End' },
  ...{ 11: 'F1', 12: 'F2', 13: 'F3', 14: 'F4', 15: 'F5', 17: 'F6', 18: 'F7', 19: 'F8', 20: 'F9', 21: 'F10' },
  ...{ 23: 'F11', 24: 'F12' },
};

/** The Linux console's `ESC [ [ A`. */
const LINUX_FUNCTION: Record<string, string> = { A: 'F1', B: 'F2', C: 'F3', D: 'F4', E: 'F5' };

/** Control characters that are keys of their own. */
const BY_CONTROL: Record<string, string> = {
  '\r': 'Enter',
  '\n': 'Enter',
  '\t': 'Tab',
  '\b': 'Backspace',
  '\x7f': 'Backspace',
  '\x00': 'Control+Space',
  '\x1c': 'Control+Backslash',
  '\x1e': 'Control+6',
  '\x1f': 'Control+Minus',
};

/** Decodes what arrives in pieces: a sequence that is cut off waits for its rest, a lone Escape does not. */
export class KeyDecoder {
  #rest = '';

  decode(chunk: string): TypedKey[] {
    let input = this.#rest + chunk;
    this.#rest = '';
    const keys: TypedKey[] = [];
    while (input !== '') {
      if (/^\x1b\[(\[|[0-9][0-9;]*)$/.test(input)) {
        this.#rest = input;
        break;
      }
      const { key, length } = next(input);
      const last = keys.at(-1);
      if (key.kind === 'text' && last?.kind === 'text') last.text += key.text;
      else keys.push(key);
      input = input.slice(length);
    }
    return keys;
  }
}

interface Decoded {
  key: TypedKey;
  /** UTF-16 units that it took. */
  length: number;
}

function next(input: string): Decoded {
  if (input.startsWith(ESCAPE) && input.length > 1) return nextEscape(input);
  const text = String.fromCodePoint(input.codePointAt(0) ?? 0);
  return { key: character(text), length: text.length };
}

function character(text: string): TypedKey {
  if (text === ESCAPE) return press('Escape');
  const control = BY_CONTROL[text];
  if (control !== undefined) return press(control);
  if (text < ' ') return press(`Control+${String.fromCharCode(text.charCodeAt(0) + 0x60)}`);
  return { kind: 'text', text };
}

function nextEscape(input: string): Decoded {
  const sequence = /^\x1b(?:\[\[([A-E])|\[([0-9;]*)([A-Za-z~])|O([A-Z]))/.exec(input);
  if (sequence === null) return nextAlt(input);
  const [whole, linux, parameters, letter, ss3] = sequence;
  const key =
    linux !== undefined
      ? chord(LINUX_FUNCTION[linux], whole)
      : ss3 !== undefined
        ? chord(BY_LETTER[ss3], whole)
        : csi(parameters ?? '', letter ?? '', whole);
  return { key, length: whole.length };
}

function csi(parameters: string, letter: string, whole: string): TypedKey {
  if (letter === 'Z') return press('Shift+Tab');
  const [number = '', modifier] = parameters.split(';');
  return chord(letter === '~' ? BY_NUMBER[number] : BY_LETTER[letter], whole, modifier);
}

/** Terminals send Escape before a character for Alt with it. */
function nextAlt(input: string): Decoded {
  const text = String.fromCodePoint(input.codePointAt(1) ?? 0);
  const key = character(text);
  const length = 1 + text.length;
  // Two Escapes are two keys, not Alt+Escape.
  if (text === ESCAPE) return { key: press('Escape'), length: 1 };
  if (key.kind === 'press') return { key: press(`Alt+${key.chord}`), length };
  return { key: press(`Alt+${text}`), length };
}

/** xterm's modifier parameter is 1 plus bits: Shift, Alt, Control, Meta. */
function chord(name: string | undefined, sequence: string, modifier = '1'): TypedKey {
  if (name === undefined) return { kind: 'unknown', sequence };
  const bits = Number(modifier) - 1;
  const held = ['Shift', 'Alt', 'Control', 'Meta'].filter((_, bit) => (bits >> bit) & 1);
  return press([...held, name].join('+'));
}

function press(name: string): TypedKey {
  return { kind: 'press', chord: name };
}
