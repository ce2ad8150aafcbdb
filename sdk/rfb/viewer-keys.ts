/**
 * A viewer's keys as keys of the guest. Viewers say what their user means (`A`, with a Shift before it, on whatever
 * keyboard that is), or where on the keyboard it is. A place is the same on the guest's. For a meaning the key that types it
 * on the guest's layout is pressed, with Shift as that one needs it, whatever the viewer's keyboard needed.
 */
import type { KeyCode } from '../input/keycodes.js';
import { keyFor, type Layout, type LayoutKey } from '../input/layout.js';
import { characterOfKeysym, keyOfKeysym, keyOfScan } from './keysyms.js';

export interface KeyChange {
  code: KeyCode;
  down: boolean;
}

const SHIFTS: readonly KeyCode[] = ['ShiftLeft', 'ShiftRight'];
/** With one of these a key is no character, and is left as it is. */
const COMMANDS: readonly KeyCode[] = ['ControlLeft', 'ControlRight', 'AltLeft', 'MetaLeft', 'MetaRight'];

export class ViewerKeys {
  readonly #layout: Layout;
  /** What is down, by how the viewer named it: it may be named otherwise when it comes up, once Shift is up. */
  readonly #down = new Map<string, KeyCode>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** What the guest's keyboard does. Empty: the guest has no such key. */
  change({ down, keysym, scan }: { down: boolean; keysym: number; scan: number | null }): KeyChange[] {
    const name = scan === null ? `keysym ${keysym}` : `scan ${scan}`;
    if (!down) return this.#release(name, keysym);
    const placed = scan === null ? null : keyOfScan(scan);
    const plain = placed ?? keyOfKeysym(keysym);
    if (plain !== null) return this.#press(name, plain, []);
    const character = characterOfKeysym(keysym);
    if (character === null) return [];
    const key = keyFor(character, this.#layout);
    if (key !== undefined) return this.#press(name, key.code, this.#around(key));
    const [dead, next] = this.#layout.sequences.get(character) ?? [];
    if (dead === undefined || next === undefined) return [];
    return [
      ...within(this.#around(dead), [
        { code: dead.code, down: true },
        { code: dead.code, down: false },
      ]),
      ...this.#press(name, next.code, this.#around(next)),
    ];
  }

  /** Everything that is down comes up: the viewer is gone. */
  releaseAll(): KeyChange[] {
    const codes = [...new Set(this.#down.values())].reverse();
    this.#down.clear();
    return codes.map((code) => ({ code, down: false }));
  }

  #press(name: string, code: KeyCode, around: readonly KeyChange[]): KeyChange[] {
    this.#down.set(name, code);
    return within(around, [{ code, down: true }]);
  }

  #release(name: string, keysym: number): KeyChange[] {
    // Shift may have come up meanwhile: what went down as `A` comes up as `a`, which is the same key.
    const code = this.#down.get(name) ?? this.#keyOf(keysym);
    const known = this.#down.has(name) ? name : [...this.#down].find(([, one]) => one === code)?.[0];
    if (known === undefined || code === null) return [];
    this.#down.delete(known);
    return [...this.#down.values()].includes(code) ? [] : [{ code, down: false }];
  }

  #keyOf(keysym: number): KeyCode | null {
    const character = characterOfKeysym(keysym);
    return (character === null ? undefined : keyFor(character, this.#layout)?.code) ?? null;
  }

  /** What of Shift and AltGr has to be otherwise while the key goes down. */
  #around({ code, shift = false, altGr = false }: LayoutKey): KeyChange[] {
    const held = new Set(this.#down.values());
    if (COMMANDS.some((one) => held.has(one))) return [];
    const shifts = SHIFTS.filter((one) => held.has(one));
    // Enter, Tab and their like are no characters of a layout: Shift is a part of what is meant.
    const isTyped = code !== 'Enter' && code !== 'Tab' && code !== 'Backspace' && code !== 'Space';
    const isShifted = shifts.length > 0;
    const changes: KeyChange[] = [];
    if (shift && !isShifted) changes.push({ code: 'ShiftLeft', down: true });
    if (!shift && isShifted && isTyped) changes.push(...shifts.map((one) => ({ code: one, down: false })));
    if (altGr && !held.has('AltRight')) changes.push({ code: 'AltRight', down: true });
    return changes;
  }
}

/** The changes before, and taken back after. */
function within(around: readonly KeyChange[], changes: readonly KeyChange[]): KeyChange[] {
  return [...around, ...changes, ...around.map(({ code, down }) => ({ code, down: !down })).reverse()];
}
