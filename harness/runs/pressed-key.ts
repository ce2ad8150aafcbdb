/** What a key of a page's keyboard means to a machine: text in the machine's own layout, or a chord. */

/** What of a key's event matters. */
export interface PressedKey {
  /** What it gives, as in UI Events. */
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  shiftKey?: boolean;
}

export type KeyMeaning =
  | { kind: 'text'; text: string }
  | { kind: 'chord'; chord: string }
  /** A key that does nothing by itself, or that no machine has. */
  | { kind: 'none' };

const ALONE = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'NumLock', 'Dead', 'Unidentified']);

export function meaningOf({ key, ctrlKey, altKey, metaKey, shiftKey = false }: PressedKey): KeyMeaning {
  if (ALONE.has(key)) return { kind: 'none' };
  const held = [ctrlKey ? 'Control' : '', altKey ? 'Alt' : '', metaKey ? 'Meta' : ''].filter(Boolean);
  const isCharacter = Array.from(key).length === 1;
  if (held.length === 0) {
    if (key === 'Enter' && !shiftKey) return { kind: 'text', text: '\n' };
    if (isCharacter) return { kind: 'text', text: key };
  }
  // Of a character Shift is a part already.
  const modifiers = shiftKey && !isCharacter ? [...held, 'Shift'] : held;
  return { kind: 'chord', chord: [...modifiers, key === ' ' ? 'Space' : key].join('+') };
}
