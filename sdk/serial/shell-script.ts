/**
 * Puts a command into lines that can be typed at any POSIX shell's prompt and give back exact answers.
 *
 * - What marks an answer is written in two quoted halves (`'GW-''END…'`), so that the echo of a line, however the
 *   terminal wraps or redraws it, never looks like the answer.
 * - The command itself travels as the argument of `printf %b`, its special characters as octal escapes: no newline, tab,
 *   quote or exclamation mark is ever typed, so neither completion nor history nor an unfinished quote can interfere.
 * - Lines stay far below what line editors take (1,024 characters in busybox): a long command goes into a variable
 *   piece by piece.
 * - It runs in a sub-shell: `exit`, `set -e` and syntax errors end the command, not the shell.
 */

/** Encoded characters of a command per typed line. */
const PIECE = 240;

/** A line to type (without its newline), and the mark that says it was carried out. */
export interface Line {
  readonly text: string;
  readonly mark: string;
}

export interface Script {
  /** To be typed one after the other, each after the last one's mark and a prompt. */
  readonly upload: readonly Line[];
  /** A shell word that expands to the command. */
  readonly command: string;
  /** Names of the variables that were set. */
  readonly variable: string;
}

/** A mark of the id-th command. Spelled in full it only ever appears in the shell's output. */
export function mark(id: number, name: string): string {
  return `GW-${name}-${id}`;
}

/** The same as a shell word that prints it. */
export function markWord(id: number, name: string): string {
  return `'GW-''${name}-${id}'`;
}

export function scriptFor(command: string, id: number): Script {
  const variable = `gw${id}`;
  const pieces = piecesOf(encode(command));
  if (pieces.length <= 1) {
    return { upload: [], command: `"$(printf '%b' '${pieces[0] ?? ''}')"`, variable };
  }
  const upload = pieces.map((piece, index) => ({
    // The leading space keeps the line out of histories that ignore such lines.
    text: ` ${variable}=${index === 0 ? '' : `"$${variable}"`}'${piece}'; printf '%s\\n' ${markWord(id, `PIECE${index}`)}`,
    mark: mark(id, `PIECE${index}`),
  }));
  return { upload, command: `"$(printf '%b' "$${variable}")"`, variable };
}

/** One entry per character or escape, so that no piece ends within one. */
function encode(command: string): string[] {
  return Array.from(new TextEncoder().encode(command), (byte) => {
    const char = String.fromCharCode(byte);
    return /[\x20-\x7e]/.test(char) && !/['\\!]/.test(char) ? char : `\\0${byte.toString(8).padStart(3, '0')}`;
  });
}

function piecesOf(encoded: readonly string[]): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const part of encoded) {
    if (piece.length + part.length > PIECE) {
      pieces.push(piece);
      piece = '';
    }
    piece += part;
  }
  return piece === '' ? pieces : [...pieces, piece];
}
