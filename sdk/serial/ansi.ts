/**
 * Takes out of terminal output what is not text: escape sequences (ECMA-48, and the Linux console's own), carriage
 * returns, bells and the like. Newlines, tabs and backspaces stay. Works piece by piece: a sequence may be cut anywhere.
 */

type State =
  | 'text'
  /** After ESC. */
  | 'escape'
  /** After ESC and intermediate bytes (`ESC ( B`). */
  | 'intermediate'
  /** In a control sequence, `ESC [ … final`. */
  | 'csi'
  /** In a string (OSC, DCS, APC, PM, SOS) that ends with BEL or ST. */
  | 'string'
  /** At the first character of an operating system command. */
  | 'osc'
  /** In the Linux console's `ESC ] P`, which takes seven digits and has no end mark. */
  | 'palette';

/** Whatever is not text begins with one of these; C1 controls as single characters included. */

const SPECIAL = /[\u0000-\u0007\u000b-\u001f\u007f-\u009f]/g;

const ESC = '\u001b';
const BEL = '\u0007';
const STRING_END = '\u009c';
/** The characters after ESC that begin a string, and the same as single C1 characters. */
const STRING_STARTS = 'PX^_';
const C1_STRING_STARTS = '\u0090\u0098\u009e\u009f';
const PALETTE_DIGITS = 7;

export class TerminalText {
  #state: State = 'text';
  #palette = 0;

  /** The text in a piece of output; what is cut off at its end is continued by the next piece. */
  push(piece: string): string {
    let text = '';
    let at = 0;
    while (at < piece.length) {
      if (this.#state === 'text') {
        SPECIAL.lastIndex = at;
        const next = SPECIAL.exec(piece)?.index ?? piece.length;
        text += piece.slice(at, next);
        at = next;
        if (at === piece.length) break;
      }
      text += this.#step(piece.charAt(at));
      at++;
    }
    return text;
  }

  /** Takes one character and gives what of it is text. */
  #step(char: string): string {
    // A newline ends any sequence: a stray ESC in a crash's garbage must not swallow the rest of a log.
    if (char === '\n') {
      this.#state = 'text';
      return char;
    }
    if (char === ESC) {
      // Also the first half of ST, the end of a string; the other half is then a sequence of its own.
      this.#state = 'escape';
      return '';
    }
    // CAN and SUB abort a sequence.
    if (char === '\u0018' || char === '\u001a') {
      this.#state = 'text';
      return '';
    }
    this.#state = this.#next(char);
    return '';
  }

  #next(char: string): State {
    switch (this.#state) {
      case 'text':
        if (char === '\u009b') return 'csi';
        if (char === '\u009d') return 'osc';
        return C1_STRING_STARTS.includes(char) ? 'string' : 'text';
      case 'escape':
        if (char === '[') return 'csi';
        if (char === ']') return 'osc';
        if (STRING_STARTS.includes(char)) return 'string';
        return isIntermediate(char) ? 'intermediate' : 'text';
      case 'intermediate':
        return isIntermediate(char) ? 'intermediate' : 'text';
      case 'csi':
        return char >= '@' && char <= '~' ? 'text' : 'csi';
      case 'osc':
        if (char === 'R' || char === BEL || char === STRING_END) return 'text';
        if (char !== 'P') return 'string';
        this.#palette = PALETTE_DIGITS;
        return 'palette';
      case 'palette':
        return --this.#palette === 0 ? 'text' : 'palette';
      case 'string':
        return char === BEL || char === STRING_END ? 'text' : 'string';
    }
  }
}

/** The text in a whole output. */
export function terminalText(output: string): string {
  return new TerminalText().push(output);
}

function isIntermediate(char: string): boolean {
  return char >= ' ' && char <= '/';
}
