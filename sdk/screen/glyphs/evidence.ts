/** What it takes to believe that shapes side by side are text: a drawn line is no `|`, and a dot no full stop. */
import { BLANK, RIGHT_HALF, UNKNOWN } from './cells.js';
import type { Line } from './line.js';
import { STRONG, STRUCTURED } from './shapes.js';

/** Cells without a gap. `start` and `end` (exclusive) are cells of a line. */
export interface Word {
  start: number;
  end: number;
}

export interface Demands {
  /** Different letters that nothing else looks like, in one word. */
  letters: number;
  /** How far apart the inks of a line may be, all channels together. */
  inkDistance: number;
}

/** Of text whose ink is one colour. */
export const ONE_COLOUR: Demands = { letters: 2, inkDistance: 0 };
/** Of text that is blended with what is behind it. */
export const BLENDED: Demands = { letters: 3, inkDistance: 120 };

/** Blank cells within which signs belong to the words beside them. */
const NEAR = 3;

/** Cells without a gap. */
export function wordsOf({ shapes }: Line): Word[] {
  const words: Word[] = [];
  for (let start = 0; start < shapes.length; start++) {
    if (!isText(shapes[start])) continue;
    let end = start + 1;
    while (end < shapes.length && isText(shapes[end])) end++;
    words.push({ start, end });
    start = end;
  }
  return words;
}

function isText(shape: number | undefined): boolean {
  return shape !== undefined && shape !== BLANK && shape !== UNKNOWN;
}

/**
 * The words of a line that are text beyond doubt: those with several different letters that nothing else looks like;
 * in an ink of theirs, near them anything, and far from them what has some structure.
 */
export function believable(line: Line, words: readonly Word[], demands: Demands): Word[] {
  const letters = words.map((word) => lettersOf(line, word));
  const certain = words.map((_, i) => (letters[i]?.size ?? 0) >= demands.letters);
  const scattered = new Set(letters.flatMap((each) => [...each])).size > demands.letters;
  if (!certain.includes(true) && !scattered) return [];
  const anyInk = demands.inkDistance === 0;
  const accepted = words.map((_, i) => certain[i] === true || (anyInk && (letters[i]?.size ?? 0) > 0));
  const inks = words.filter((_, i) => accepted[i]).map((word) => inkOf(line, word));
  const fits = (word: Word) => inks.some((ink) => distance(ink, inkOf(line, word)) <= demands.inkDistance);
  words.forEach((word, i) => {
    if (isStructured(line, word) && fits(word)) accepted[i] = true;
  });
  // From accepted words outwards, both ways.
  for (const order of [words.map((_, i) => i), words.map((_, i) => words.length - 1 - i)]) {
    let last: Word | undefined;
    for (const i of order) {
      const word = words[i];
      if (word === undefined) continue;
      const gap = last === undefined ? Infinity : Math.max(word.start - last.end, last.start - word.end);
      if (gap <= NEAR && fits(word)) accepted[i] = true;
      if (accepted[i] === true) last = word;
    }
  }
  return words.filter((_, i) => accepted[i]);
}

/** Its letters that nothing else looks like. */
export function lettersOf({ shapes, table }: Line, { start, end }: Word): Set<number> {
  const letters = new Set<number>();
  for (let i = start; i < end; i++) {
    const shape = shapes[i] ?? BLANK;
    if (shape < 0 || ((table.flags[shape] ?? 0) & STRONG) === 0) continue;
    letters.add(shape);
  }
  return letters;
}

function isStructured({ shapes, table }: Line, { start, end }: Word): boolean {
  for (let i = start; i < end; i++) {
    const shape = shapes[i] ?? BLANK;
    if (shape !== RIGHT_HALF && shape >= 0 && ((table.flags[shape] ?? 0) & STRUCTURED) !== 0) return true;
  }
  return false;
}

function inkOf({ ink }: Line, { start }: Word): number {
  return ink[start] ?? 0;
}

function distance(a: number, b: number): number {
  return (
    Math.abs((a & 0xff) - (b & 0xff)) +
    Math.abs(((a >>> 8) & 0xff) - ((b >>> 8) & 0xff)) +
    Math.abs(((a >>> 16) & 0xff) - ((b >>> 16) & 0xff))
  );
}
