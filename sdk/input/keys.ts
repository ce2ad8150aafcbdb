/**
 * Key names and chords as Playwright has them: `Enter`, `Control+Alt+Delete`, `Shift+a`, `F12`, `+`, and the codes of UI
 * Events (`KeyA`, `Digit1`, `ControlRight`).
 */
import { GuestwrightError } from '../errors.js';
import { KEY_CODES, type KeyCode } from './keycodes.js';
import { codesOf, keyFor, type Layout } from './layout.js';
import { nearestNames } from './nearest.js';

/** What a chord turned out to be. */
export type ChordReading =
  /** Keys in the order in which they go down; the last is the key, those before it are held meanwhile. */
  | { kind: 'keys'; codes: readonly KeyCode[] }
  | { kind: 'empty' }
  | { kind: 'unknown'; name: string; nearest: string[] };

/** Names that are not codes. Modifiers without a side mean the left one. */
const NAMES: Readonly<Record<string, KeyCode>> = {
  Control: 'ControlLeft',
  Shift: 'ShiftLeft',
  Alt: 'AltLeft',
  AltGraph: 'AltRight',
  Meta: 'MetaLeft',
  // Guests are PCs: what Playwright maps to the Command key on a Mac is Control here.
  ControlOrMeta: 'ControlLeft',
};

/** What people write out of habit, and the name that it has here. */
const HABITS: Readonly<Record<string, string>> = {
  ctrl: 'Control',
  ctl: 'Control',
  esc: 'Escape',
  return: 'Enter',
  ret: 'Enter',
  del: 'Delete',
  ins: 'Insert',
  bksp: 'Backspace',
  pgup: 'PageUp',
  pgdn: 'PageDown',
  pgdown: 'PageDown',
  up: 'ArrowUp',
  down: 'ArrowDown',
  left: 'ArrowLeft',
  right: 'ArrowRight',
  win: 'Meta',
  windows: 'Meta',
  super: 'Meta',
  cmd: 'Meta',
  command: 'Meta',
  option: 'Alt',
  opt: 'Alt',
  altgr: 'AltGraph',
  spacebar: 'Space',
  prtsc: 'PrintScreen',
  sysrq: 'PrintScreen',
  break: 'Pause',
  menu: 'ContextMenu',
};

const CODES: ReadonlyMap<string, KeyCode> = new Map(KEY_CODES.map((code) => [code, code]));
const ALL_NAMES: readonly string[] = [...Object.keys(NAMES), ...KEY_CODES];

/** Reads a chord. Single characters are looked up in the layout, with the Shift that they need: `A` is `Shift+a`. */
export function readChord(chord: string, layout: Layout): ChordReading {
  const codes: KeyCode[] = [];
  for (const name of splitChord(chord)) {
    if (name === '') return { kind: 'empty' };
    const found = codesFor(name, layout);
    if (found === undefined) return { kind: 'unknown', name, nearest: suggestions(name) };
    codes.push(...found);
  }
  // `Shift+A` asks for Shift twice; a key is pressed once.
  return { kind: 'keys', codes: [...new Set(codes)] };
}

/**
 * The keys of a chord, in the order in which they go down.
 * @throws GuestwrightError `usage/unknown-key` with the nearest names, `usage/empty-key`
 */
export function parseChord(chord: string, layout: Layout): readonly KeyCode[] {
  const reading = readChord(chord, layout);
  switch (reading.kind) {
    case 'keys':
      return reading.codes;
    case 'empty':
      throw new GuestwrightError(`A key name is missing in ${JSON.stringify(chord)}`, {
        kind: 'usage',
        code: 'empty-key',
        expected: 'key names joined by "+": Enter, Control+Alt+Delete, Shift+a',
        seen: JSON.stringify(chord),
        next: 'the plus key itself is "+", with a modifier "Control++"',
      });
    case 'unknown':
      throw new GuestwrightError(`There is no key named ${JSON.stringify(reading.name)}`, {
        kind: 'usage',
        code: 'unknown-key',
        expected: `a character of the layout "${layout.name}", or a key name such as Enter, ArrowDown, F12, Control, KeyA`,
        seen:
          chord === reading.name
            ? JSON.stringify(chord)
            : `${JSON.stringify(reading.name)} in ${JSON.stringify(chord)}`,
        ...adviceFor(reading, layout),
      });
  }
}

function adviceFor({ name, nearest }: { name: string; nearest: string[] }, layout: Layout): { next?: string } {
  if (layout.sequences.has(name))
    return { next: 'this layout has it on two keys, one after the other: use keyboard.type()' };
  return nearest.length > 0 ? { next: `did you mean ${nearest.join(' or ')}?` } : {};
}

/** Splits at `+`; a `+` where a name should start is the plus key itself. */
function splitChord(chord: string): string[] {
  const names: string[] = [];
  let rest = chord;
  for (;;) {
    const end = rest.indexOf('+', 1);
    if (end < 0) return [...names, rest];
    names.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
}

function codesFor(name: string, layout: Layout): KeyCode[] | undefined {
  const code = CODES.get(name) ?? (Object.hasOwn(NAMES, name) ? NAMES[name] : undefined);
  if (code !== undefined) return [code];
  const key = keyFor(name, layout);
  return key && codesOf(key);
}

function suggestions(name: string): string[] {
  const folded = name.toLowerCase();
  const habit = Object.hasOwn(HABITS, folded) ? HABITS[folded] : undefined;
  if (habit !== undefined) return [habit];
  // On a layout of another alphabet: the key by its place, which programs take Control+C by.
  if (/^[a-z]$/.test(folded)) return [`Key${folded.toUpperCase()}`];
  const sameLetters = ALL_NAMES.filter((known) => known.toLowerCase() === folded);
  return sameLetters.length > 0 ? sameLetters : nearestNames(name, ALL_NAMES);
}
