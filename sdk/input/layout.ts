/** Keyboard layouts: which key types a character. A layout is data; this file looks things up in it. */
import { GuestwrightError } from '../errors.js';
import type { MachineSpec } from '../machine/spec.js';
import type { KeyCode } from './keycodes.js';
import { us } from './layouts/us.js';

/** The key that types a character, and the modifiers that it needs. */
export interface LayoutKey {
  readonly code: KeyCode;
  readonly shift?: boolean;
  readonly altGr?: boolean;
}

export interface Layout {
  readonly name: string;
  /** By character (one Unicode code point). Control characters are not in it: they are keys of their own everywhere. */
  readonly keys: ReadonlyMap<string, LayoutKey>;
}

export type LayoutName = MachineSpec['layout'];

const LAYOUTS: Readonly<Record<LayoutName, Layout>> = { us };

export function layoutNamed(name: LayoutName): Layout {
  return LAYOUTS[name];
}

/** Characters that are keys on every layout. A carriage return before a newline is part of one Enter. */
const CONTROL_KEYS: ReadonlyMap<string, LayoutKey> = new Map<string, LayoutKey>([
  ['\n', { code: 'Enter' }],
  ['\r\n', { code: 'Enter' }],
  ['\r', { code: 'Enter' }],
  ['\t', { code: 'Tab' }],
  ['\b', { code: 'Backspace' }],
  ['\u001b', { code: 'Escape' }],
]);

/** The key for one character; `undefined` when the layout cannot type it. */
export function keyFor(character: string, layout: Layout): LayoutKey | undefined {
  return CONTROL_KEYS.get(character) ?? layout.keys.get(character);
}

/** The keys to hold and then press, in order: `[ShiftLeft, KeyA]`. */
export function codesOf({ code, shift, altGr }: LayoutKey): KeyCode[] {
  return [...(shift === true ? ['ShiftLeft' as const] : []), ...(altGr === true ? ['AltRight' as const] : []), code];
}

/**
 * The keystrokes that type a text.
 * @param options.secret leaves the character out of the error
 * @throws GuestwrightError `usage/character-not-on-layout` naming the character, its position (1 is the first) and the layout
 */
export function keystrokesFor(text: string, layout: Layout, options: { secret?: boolean } = {}): LayoutKey[] {
  return characters(text).map((character, index) => {
    const key = keyFor(character, layout);
    if (key === undefined) throw notOnLayout(character, index + 1, layout, options.secret === true);
    return key;
  });
}

/** What is one keystroke each: code points, `\r\n` being one. */
export function characters(text: string): string[] {
  return text.match(/\r\n|[^]/gu) ?? [];
}

function notOnLayout(character: string, position: number, layout: Layout, secret: boolean): GuestwrightError {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const named = secret ? 'a character of the secret' : `${JSON.stringify(character)} (U+${hex})`;
  return new GuestwrightError(`The keyboard layout "${layout.name}" cannot type ${named}`, {
    kind: 'usage',
    code: 'character-not-on-layout',
    expected: `characters that are on the layout "${layout.name}"`,
    seen: `${named} at position ${position} of the text`,
    next: `leave it out, or give the machine a layout that has it (spec field "layout"; there is: ${Object.keys(LAYOUTS).join(', ')})`,
  });
}
