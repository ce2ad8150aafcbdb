/** What a person did with a machine, as the lines of a scenario. */

/** What of a key's event matters. */
export interface PressedKey {
  /** What it gives, as in UI Events. */
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

type Part = { kind: 'type'; text: string } | { kind: 'press'; chord: string };

const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'NumLock']);

export class Continuation {
  readonly #parts: Part[] = [];

  pressed({ key, ctrlKey, altKey, metaKey }: PressedKey): void {
    if (MODIFIERS.has(key) || key === 'Dead' || key === 'Unidentified') return;
    const modifiers = [ctrlKey ? 'Control' : '', altKey ? 'Alt' : '', metaKey ? 'Meta' : ''].filter(Boolean);
    const text = modifiers.length > 0 ? null : key === 'Enter' ? '\n' : Array.from(key).length === 1 ? key : null;
    const last = this.#parts.at(-1);
    if (text === null)
      this.#parts.push({ kind: 'press', chord: [...modifiers, key === ' ' ? 'Space' : key].join('+') });
    else if (last?.kind === 'type' && !last.text.endsWith('\n')) last.text += text;
    else this.#parts.push({ kind: 'type', text });
  }

  get code(): string {
    return this.#parts
      .map((part) =>
        part.kind === 'type'
          ? `await machine.keyboard.type(${literal(part.text)});`
          : `await machine.keyboard.press(${literal(part.chord)});`,
      )
      .join('\n');
  }
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}
