/** What a person did with a machine, as the lines of a scenario. */
import { wordAct } from '../recorder/word-scenario.js';
import type { Act } from '../recorder/acts.js';
import { meaningOf, type PressedKey } from './pressed-key.js';

export class Continuation {
  readonly #acts: Act[] = [];

  pressed(key: PressedKey): void {
    const meaning = meaningOf(key);
    if (meaning.kind === 'none') return;
    if (meaning.kind === 'chord') {
      this.#acts.push({ kind: 'press', chord: meaning.chord });
      return;
    }
    const last = this.#acts.at(-1);
    if (last?.kind === 'type' && !last.text.endsWith('\n')) last.text += meaning.text;
    else this.#acts.push({ kind: 'type', text: meaning.text, secret: false });
  }

  get code(): string {
    return this.#acts.map(wordAct).join('\n');
  }
}
