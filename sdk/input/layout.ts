/** Keyboard layouts: which keys type a character. A layout is data; this file looks things up in it. */
import { GuestwrightError } from '../errors.js';
import { KEY_CODES, type KeyCode } from './keycodes.js';
import type { LayoutData } from './layout-data.js';
import { DEAD_KEYS } from './layouts/compose.js';
import { LAYOUT_DATA } from './layouts/index.js';
import { LAYOUT_NAMES } from './layouts/names.js';

export type LayoutName = (typeof LAYOUT_NAMES)[number];

/** The key that types a character, and the modifiers that it needs. Never Caps Lock, whose state only the guest knows. */
export interface LayoutKey {
  readonly code: KeyCode;
  readonly shift?: boolean;
  readonly altGr?: boolean;
}

export interface Layout {
  readonly name: string;
  /** By character (one Unicode code point). Control characters are not in it: they are keys of their own everywhere. */
  readonly keys: ReadonlyMap<string, LayoutKey>;
  /** Characters that no key types alone: a dead key, then what it changes. */
  readonly sequences: ReadonlyMap<string, readonly [dead: LayoutKey, next: LayoutKey]>;
}

/** Keys beyond those of a US keyboard: where another key types the same, that one is there for sure. */
const MAY_BE_MISSING: ReadonlySet<string> = new Set(['IntlBackslash', 'IntlRo', 'IntlYen']);
/**
 * Where several keys type a character, the one is taken that most guests agree on, not only those with XKB: alone and
 * with Shift is what is printed on the keys; with AltGr XKB adds much that other systems do not have, and what is
 * printed is rather on the other keys than on letters.
 */
const COST_OF_LEVEL = [0, 1, 4, 5];
const COST_OF_LETTER_WITH_ALTGR = 0.5;
const COST_OF_MISSING_KEY = 2;
/** Some systems lack dead keys of the rarer kinds, or make something else of pressing one twice. */
const PLAIN_DEAD_KEYS: ReadonlySet<string> = new Set(
  ['grave', 'acute', 'circumflex', 'tilde', 'diaeresis', 'cedilla'].map((name) => `dead_${name}`),
);

const made = new Map<LayoutName, Layout>();

export function layoutNamed(name: LayoutName): Layout {
  const layout = made.get(name) ?? makeLayout(LAYOUT_DATA[name]);
  made.set(name, layout);
  return layout;
}

/** A way of typing something, and how much is against it. */
interface Way<T> {
  readonly keys: T;
  readonly cost: number;
}

function makeLayout({ name, keys: data }: LayoutData): Layout {
  const direct = new Map<string, Way<LayoutKey>>();
  for (const code of KEY_CODES) {
    for (const [level, typed] of (data[code] ?? []).entries()) {
      if (typed === '') continue;
      const key = {
        code,
        ...((level & 1) === 1 ? { shift: true } : {}),
        ...((level & 2) === 2 ? { altGr: true } : {}),
      };
      const cost =
        (COST_OF_LEVEL[level] ?? 0) +
        (MAY_BE_MISSING.has(code) ? COST_OF_MISSING_KEY : 0) +
        (level > 1 && code.startsWith('Key') ? COST_OF_LETTER_WITH_ALTGR : 0);
      keepCheaper(direct, typed, { keys: key, cost });
    }
  }
  const sequences = new Map<string, Way<readonly [LayoutKey, LayoutKey]>>();
  for (const [dead, first] of direct) {
    for (const { base, result, rare } of combinations(dead)) {
      const second = direct.get(base);
      if (second === undefined || direct.has(result)) continue;
      const cost = first.cost + second.cost + (PLAIN_DEAD_KEYS.has(dead) ? 0 : 20) + (rare ? 40 : 0);
      keepCheaper(sequences, result, { keys: [first.keys, second.keys], cost });
    }
  }
  const characters = [...direct].filter(([typed]) => !isDead(typed));
  return {
    name,
    keys: new Map(characters.map(([typed, way]) => [typed, way.keys])),
    sequences: new Map([...sequences].map(([typed, way]) => [typed, way.keys])),
  };
}

/** Ties go to the first. */
function keepCheaper<T>(ways: Map<string, Way<T>>, typed: string, way: Way<T>): void {
  const known = ways.get(typed);
  if (known === undefined || way.cost < known.cost) ways.set(typed, way);
}

const isDead = (typed: string): boolean => typed.startsWith('dead_');

/** What a dead key makes with what; nothing for a character. `base` is a character or the dead key itself. */
function combinations(dead: string): { base: string; result: string; rare: boolean }[] {
  const data = isDead(dead) ? DEAD_KEYS[dead] : undefined;
  if (data === undefined) return [];
  const characters = Array.from(data.pairs.join(''));
  const pairs = characters.flatMap((base, index) =>
    index % 2 === 0 ? [{ base, result: characters[index + 1] ?? '', rare: false }] : [],
  );
  return [
    ...(data.space === null ? [] : [{ base: ' ', result: data.space, rare: false }]),
    ...(data.again === null ? [] : [{ base: dead, result: data.again, rare: true }]),
    ...pairs,
  ];
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

/** Whether a character is a key of its own on every layout, which types nothing that could be seen. */
export function isControl(character: string): boolean {
  return CONTROL_KEYS.has(character);
}

/** The key that types one character; `undefined` when the layout has no such key, or only a dead key that makes it. */
export function keyFor(character: string, layout: Layout): LayoutKey | undefined {
  return CONTROL_KEYS.get(character) ?? layout.keys.get(character);
}

/** The keys that type one character, one after the other; `undefined` when the layout cannot type it. */
export function sequenceFor(character: string, layout: Layout): readonly LayoutKey[] | undefined {
  const key = keyFor(character, layout);
  return key === undefined ? layout.sequences.get(character) : [key];
}

/** The keys to hold and then press, in order: `[ShiftLeft, KeyA]`. */
export function codesOf({ code, shift, altGr }: LayoutKey): KeyCode[] {
  return [...(shift === true ? ['ShiftLeft' as const] : []), ...(altGr === true ? ['AltRight' as const] : []), code];
}

/** What is typed as one: code points, `\r\n` being one. */
export function characters(text: string): string[] {
  return text.match(/\r\n|[^]/gu) ?? [];
}

/** The layouts that a guest is set to, and the chord that goes from one to the next; a keyboard with one has no chord. */
export interface LayoutGroups {
  readonly groups: readonly [Layout, ...Layout[]];
  readonly toggle: readonly KeyCode[] | null;
}

/** A character of a text and the chords that type it, in order. */
export interface TypedCharacter {
  readonly character: string;
  readonly chords: readonly (readonly KeyCode[])[];
}

/**
 * The chords that type a text. With several groups they start and end in the first, so that nobody has to remember
 * which one the guest is in.
 * @param options.secret leaves the character out of the error
 * @throws GuestwrightError `usage/character-not-on-layout` naming the character, its position (1 is the first), the
 * layout, and layouts that have it
 */
export function keystrokesFor(
  text: string,
  keyboard: LayoutGroups,
  options: { secret?: boolean } = {},
): TypedCharacter[] {
  const { groups } = keyboard;
  let group = 0;
  const changeTo = (wanted: number): (readonly KeyCode[])[] => {
    const steps = (wanted - group + groups.length) % groups.length;
    group = wanted;
    return keyboard.toggle === null ? [] : Array.from({ length: steps }, () => keyboard.toggle ?? []);
  };
  const typed = characters(text).map((character, index) => {
    const able = groups.map((layout) => sequenceFor(character, layout));
    const wanted = able[group] === undefined ? able.findIndex((keys) => keys !== undefined) : group;
    const keys = able[wanted];
    if (keys === undefined) throw notOnLayout(character, index + 1, groups, options.secret === true);
    return { character, chords: [...changeTo(wanted), ...keys.map(codesOf)] };
  });
  const last = typed.pop();
  return last === undefined ? typed : [...typed, { ...last, chords: [...last.chords, ...changeTo(0)] }];
}

function notOnLayout(
  character: string,
  position: number,
  groups: readonly Layout[],
  secret: boolean,
): GuestwrightError {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const named = secret ? 'a character of the secret' : `${JSON.stringify(character)} (U+${hex})`;
  const layouts = groups.map(({ name }) => `"${name}"`).join(' and ');
  return new GuestwrightError(`The keyboard layout ${layouts} cannot type ${named}`, {
    kind: 'usage',
    code: 'character-not-on-layout',
    expected: `characters that are on the layout ${layouts}`,
    seen: `${named} at position ${position} of the text`,
    next: `leave it out, or set guest and machine to a layout that has it (spec field "layout"; ${whoHas(character, secret)})`,
  });
}

function whoHas(character: string, secret: boolean): string {
  const able = secret ? [] : LAYOUT_NAMES.filter((name) => sequenceFor(character, layoutNamed(name)) !== undefined);
  return able.length > 0 ? `it is on ${able.join(', ')}` : `there is: ${LAYOUT_NAMES.join(', ')}`;
}
