/** Rows of text out of what was recognised in the lines of a picture. */
import type { ColourRun, TextRow } from '../page.js';
import type { Line } from './lines.js';
import type { Strip } from './strip.js';

/** A word as the recogniser gives it; places in pixels of the strip. */
export interface Recognised {
  /** 0 to 1. */
  confidence: number;
  symbols: { text: string; left: number; right: number }[];
}

/** A line of a picture with its words, placed on the screen. */
export interface ReadLine {
  top: number;
  bottom: number;
  words: PlacedWord[];
}

export interface PlacedWord {
  text: string;
  /** As in {@link TextRow}. */
  edges: number[];
  confidence: number;
  foreground: number;
  background: number;
}

/** Less sure words are noise: scripts that the models do not know. Words with one wrong letter have as little as 0.2. */
const LEAST_CONFIDENCE = 0.1;
/** A lone character far from any other is more likely a pointer, a caret or an icon. */
const LEAST_CONFIDENCE_ALONE = 0.6;
/** Heights of the line that are far. */
const FAR = 2;

/** Puts recognised words where they stand on the screen, and colours them by the marks that they were read from. */
export function placeWords(line: Line, strip: Strip, words: readonly Recognised[]): ReadLine {
  return {
    top: line.top,
    bottom: line.bottom,
    words: withoutNoise(
      words.flatMap((word) => placeWord(line, strip, word)),
      line.bottom - line.top,
    ),
  };
}

function withoutNoise(words: readonly PlacedWord[], height: number): PlacedWord[] {
  return words.filter((word, i) => {
    if (word.text.length > 1) return word.confidence >= LEAST_CONFIDENCE;
    const before = words[i - 1];
    const after = words[i + 1];
    const gaps = [
      before === undefined ? Infinity : leftOf(word) - rightOf(before),
      after === undefined ? Infinity : leftOf(after) - rightOf(word),
    ];
    const alone = Math.min(...gaps) > FAR * height;
    return word.confidence >= (alone ? LEAST_CONFIDENCE_ALONE : LEAST_CONFIDENCE);
  });
}

function placeWord(line: Line, strip: Strip, { confidence, symbols }: Recognised): PlacedWord[] {
  let text = '';
  const edges: number[] = [];
  for (const symbol of symbols) {
    const units = symbol.text.length;
    const left = Math.max(strip.screenX(symbol.left), edges.at(-1) ?? -Infinity);
    const right = Math.max(strip.screenX(symbol.right), left);
    if (edges.length > 0) edges.pop();
    // A ligature or an accent of its own has several units: they share its width.
    for (let unit = 0; unit < units; unit++) edges.push(left + ((right - left) * unit) / units);
    edges.push(right);
    text += symbol.text;
  }
  const left = edges[0];
  const right = edges.at(-1);
  if (text.trim() === '' || left === undefined || right === undefined) return [];
  const under = line.marks.filter((mark) => mark.left < right && mark.right > left);
  // The mark with most contrast shows the colour of the ink best: thin ones are mixed with the ground.
  const mark = under.reduce((best, one) => (one.contrast > best.contrast ? one : best), under[0] ?? NO_MARK);
  return [{ text, edges, confidence, foreground: mark.inkColour, background: mark.groundColour }];
}

const NO_MARK = { contrast: 0, inkColour: 0, groundColour: 0xffffff };

/** Joins what stands on one height, whatever its ground, and gives the rows in reading order. */
export function rowsOf(lines: readonly ReadLine[]): TextRow[] {
  const rows: ReadLine[] = [];
  for (const line of [...lines].sort((a, b) => a.top + a.bottom - b.top - b.bottom)) {
    if (line.words.length === 0) continue;
    const row = rows.find((other) => areLevel(other, line));
    if (row === undefined) rows.push({ ...line, words: [...line.words] });
    else {
      row.words.push(...line.words);
      row.top = Math.min(row.top, line.top);
      row.bottom = Math.max(row.bottom, line.bottom);
    }
  }
  return rows.map(rowOf).sort((a, b) => a.y + a.height / 2 - b.y - b.height / 2);
}

/** The middle of each is inside the other. */
function areLevel(a: ReadLine, b: ReadLine): boolean {
  const middleA = (a.top + a.bottom) / 2;
  const middleB = (b.top + b.bottom) / 2;
  return middleA > b.top && middleA < b.bottom && middleB > a.top && middleB < a.bottom;
}

function rowOf({ top, bottom, words }: ReadLine): TextRow {
  const ordered = [...words].sort((a, b) => leftOf(a) - leftOf(b));
  const units = ordered.reduce((sum, word) => sum + word.text.length, 0);
  const widths = ordered.reduce((sum, word) => sum + rightOf(word) - leftOf(word), 0);
  const advance = Math.max(1, widths / units);
  let text = '';
  const edges: number[] = [];
  const colours: ColourRun[] = [];
  let sure = 0;
  for (const word of ordered) {
    const end = edges.pop();
    const left = Math.max(leftOf(word), end ?? -Infinity);
    if (end !== undefined) {
      // One blank between words, more where there is room for more: columns stay apart.
      const blanks = Math.max(1, Math.round((left - end) / advance));
      for (let blank = 0; blank < blanks; blank++) edges.push(end + ((left - end) * blank) / blanks);
      text += ' '.repeat(blanks);
    }
    addColour(colours, text.length, word);
    edges.push(...word.edges.map((edge) => Math.max(edge, left)));
    text += word.text;
    sure += word.confidence * word.text.length;
  }
  return {
    text,
    edges,
    y: top,
    height: bottom - top,
    rung: 'ocr',
    confidence: sure / units,
    colours,
    wraps: false,
  };
}

/**
 * Words in much the same colours make one run, blanks between them included. Smoothed letters are no pure ink: a run has
 * the colours of the word in it whose ink is furthest from its ground.
 */
function addColour(colours: ColourRun[], start: number, { text, foreground, background }: PlacedWord): void {
  const last = colours.at(-1);
  const end = start + text.length;
  if (
    last === undefined ||
    difference(last.background, background) > SAME_GROUND ||
    difference(last.foreground, foreground) > SAME_INK
  ) {
    colours.push({ start, end, foreground, background });
    return;
  }
  last.end = end;
  if (difference(foreground, background) > difference(last.foreground, last.background)) {
    last.foreground = foreground;
    last.background = background;
  }
}

/** Of a channel: gradients. */
const SAME_GROUND = 24;
/** Smoothing mixes thin strokes with their ground, and with sub-pixels colours them. */
const SAME_INK = 96;

/** The largest of the channels' differences. */
function difference(a: number, b: number): number {
  return Math.max(...[16, 8, 0].map((shift) => Math.abs(((a >>> shift) & 255) - ((b >>> shift) & 255))));
}

function leftOf(word: PlacedWord): number {
  return word.edges[0] ?? 0;
}

function rightOf(word: PlacedWord): number {
  return word.edges.at(-1) ?? 0;
}
