/** Lines of text out of marks, by their places alone: which marks stand in one line, and in which order. */
import { withoutDottedRules } from './dots.js';
import type { Box, Mark } from './marks.js';

/** One line of text on one ground, to be read at once. */
export interface Line extends Box {
  /** From left to right. */
  marks: Mark[];
}

/** Blanks wider than this many heights of the text separate columns; those are joined when they stand in one line. */
const WIDEST_BLANK = 2;

/** @returns from top to bottom, then from left to right */
export function findLines(marks: readonly Mark[]): Line[] {
  const byGround = new Map<number, Mark[]>();
  for (const mark of withoutDottedRules(marks)) {
    const those = byGround.get(mark.ground);
    if (those === undefined) byGround.set(mark.ground, [mark]);
    else those.push(mark);
  }
  return [...byGround.values()]
    .flatMap((those) => joinColumns(linesOfGround(those)).flatMap(withoutBars))
    .sort((a, b) => a.top - b.top || a.left - b.left);
}

/** Lower marks are dots, dashes and accents: they are given to the lines that the others make. */
const LOWEST_LETTER = 4;

function linesOfGround(marks: readonly Mark[]): Line[] {
  let lines: Line[] = [];
  for (const mark of [...marks].sort((a, b) => a.left - b.left)) {
    if (heightOf(mark) < LOWEST_LETTER) continue;
    const line = bestOf(lines, (candidate) => distanceToEnd(candidate, mark));
    if (line === undefined) lines.push(lineOf(mark));
    else add(line, mark);
  }
  lines = absorbSmall(lines);
  const left = new Set(marks.filter((mark) => heightOf(mark) < LOWEST_LETTER));
  // Again and again, so that what is attached can attach the next one: "...".
  for (let again = true; again;) {
    again = false;
    for (const mark of left) {
      const line = bestOf(lines, (candidate) => distanceToAny(candidate, mark));
      if (line === undefined) continue;
      add(line, mark);
      left.delete(mark);
      again = true;
    }
  }
  // What is left may be text all the same (a dash in a column of its own), but only in the height of some line.
  for (const mark of left) {
    if (lines.some((line) => isWithin(mark, line))) lines.push(lineOf(mark));
  }
  for (const line of lines) line.marks.sort((a, b) => a.left - b.left);
  return lines;
}

/** The dots, dashes and accents of large text are as high as small letters, and have made lines of their own. */
function absorbSmall(lines: readonly Line[]): Line[] {
  const kept: Line[] = [];
  for (const line of [...lines].sort((a, b) => heightOf(b) - heightOf(a))) {
    const larger = kept.filter((other) => heightOf(line) < 0.5 * heightOf(other));
    const into = line.marks.length > 3 ? undefined : bestOf(larger, (candidate) => distanceToAny(candidate, line));
    if (into === undefined) kept.push(line);
    else for (const mark of line.marks) add(into, mark);
  }
  return kept;
}

function heightOf(box: Box): number {
  return box.bottom - box.top;
}

function lineOf(mark: Mark): Line {
  return { left: mark.left, top: mark.top, right: mark.right, bottom: mark.bottom, marks: [mark] };
}

function add(line: Line, mark: Mark): void {
  line.marks.push(mark);
  line.left = Math.min(line.left, mark.left);
  line.top = Math.min(line.top, mark.top);
  line.right = Math.max(line.right, mark.right);
  line.bottom = Math.max(line.bottom, mark.bottom);
}

function bestOf(lines: readonly Line[], distance: (line: Line) => number): Line | undefined {
  let best: Line | undefined;
  let least = Infinity;
  for (const line of lines) {
    const here = distance(line);
    if (here < least) [best, least] = [line, here];
  }
  return best;
}

/** How far a letter is behind the end of a line; infinite where it cannot belong to it. */
function distanceToEnd(line: Line, mark: Mark): number {
  // The end only: a line that rises over a large letter early on does not catch what is beside that one's top.
  const last = line.marks.slice(-4);
  const top = Math.min(...last.map((other) => other.top));
  const bottom = Math.max(...last.map((other) => other.bottom));
  const common = Math.min(bottom, mark.bottom) - Math.max(top, mark.top);
  const lower = Math.min(bottom - top, heightOf(mark));
  const higher = Math.max(bottom - top, heightOf(mark));
  if (common < 0.5 * lower || higher > 3 * lower) return Infinity;
  const gap = mark.left - line.right;
  return gap > WIDEST_BLANK * higher ? Infinity : Math.max(gap, 0) + (lower - common);
}

/** How far a small mark is from a line: in it, or a little above (accents) or below it (cedillas, commas). */
function distanceToAny(line: Line, mark: Box): number {
  const height = heightOf(line);
  const middle = (mark.top + mark.bottom) / 2;
  const vertical = Math.max(line.top - middle, middle - line.bottom, 0);
  if (vertical > 0.35 * height) return Infinity;
  const horizontal = Math.max(line.left - mark.right, mark.left - line.right, 0);
  return horizontal > WIDEST_BLANK * height ? Infinity : horizontal + 2 * vertical;
}

function isWithin(mark: Box, line: Box): boolean {
  const middle = (mark.top + mark.bottom) / 2;
  return middle > line.top && middle < line.bottom;
}

/** Joins what stands on one height: the cells of a list's row. Reading them at once keeps a lone dash from being lost. */
function joinColumns(lines: readonly Line[]): Line[] {
  const joined: Line[] = [];
  for (const line of [...lines].sort((a, b) => heightOf(b) - heightOf(a) || a.left - b.left)) {
    const fellow = joined.find((other) => areLevel(other, line));
    if (fellow === undefined) joined.push({ ...line, marks: [...line.marks] });
    else for (const mark of line.marks) add(fellow, mark);
  }
  for (const line of joined) line.marks.sort((a, b) => a.left - b.left);
  return joined;
}

function areLevel(a: Box, b: Box): boolean {
  const common = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const lower = Math.min(heightOf(a), heightOf(b));
  const higher = Math.max(heightOf(a), heightOf(b));
  const whole = Math.max(a.bottom, b.bottom) - Math.min(a.top, b.top);
  return common >= 0.7 * lower && whole <= 1.35 * higher;
}

/** Leaves out upright rules beside text, which are higher than all of it: carets, sides of frames, separators. */
function withoutBars(line: Line): Line[] {
  const isNarrow = (mark: Mark) => 3 * (mark.right - mark.left) <= heightOf(mark);
  const [first, ...others] = line.marks.filter((mark) => !isNarrow(mark));
  if (first === undefined) return line.marks.length === 1 && heightOf(line) > LONE_BAR ? [] : [line];
  const kept = lineOf(first);
  for (const mark of others) add(kept, mark);
  const height = heightOf(kept);
  for (const mark of line.marks) {
    if (!isNarrow(mark)) continue;
    // Brackets are higher than small letters, and wider than a caret.
    const highest = mark.right - mark.left <= CARET ? 1.2 * height : 2.2 * height;
    if (heightOf(mark) <= highest) add(kept, mark);
  }
  kept.marks.sort((a, b) => a.left - b.left);
  return [kept];
}

/** Pixels: what is narrow, alone and higher is no letter. */
const LONE_BAR = 24;
/** Pixels that a caret is wide at most. */
const CARET = 2;
