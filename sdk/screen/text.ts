/** Finding text on a page, whatever read it. */
import { GuestwrightError } from '../errors.js';
import type { Region } from './content.js';
import { coloursAt, isSelected, type Colours } from './selected.js';
import { closestWindow } from './nearest-miss.js';
import type { Rung, TextPage } from './page.js';
import { regionOf } from './place-region.js';
import {
  betweenBorders,
  collapse,
  collapseText,
  placeAt,
  rowOf,
  rowRuns,
  screenRun,
  slice,
  withoutBorders,
  wrappedRuns,
  type TextRun,
} from './text-runs.js';

export { nearestMiss, type NearestMiss } from './nearest-miss.js';
export { wordScreen } from './word-screen.js';

export interface FindTextOptions {
  /** The text must be all that stands on its row, or between two borders on it. Default: a part of a row is enough. */
  exact?: boolean;
  /** Only what lies in this rectangle as a whole, in pixels of the frame. */
  within?: Region;
  /** Only what is highlighted: in other colours than what stands around it. */
  selected?: boolean;
  /**
   * How many characters of text that was recognised (the rung `ocr`) may be other ones, missing or too many. Default 0.
   * What was read exactly is always compared exactly; has no effect on a regular expression.
   */
  distance?: number;
}

/** A text on the screen. */
export interface TextMatch {
  text: string;
  /** Pixels of the frame. */
  region: Region;
  /** How it was read; over several rows the least sure. */
  rung: Rung;
  /** 0 to 1; 1 where it was read exactly. */
  confidence: number;
  /** 0xRRGGBB, of most of its characters. */
  colours: Colours;
  /** Characters that differ from the text that was looked for: not 0 only where `distance` allowed it. */
  distance: number;
}

/** A place before it is described. */
interface Found extends TextRun {
  distance?: number;
}

/**
 * All places of a text, in reading order.
 *
 * A string is compared case-sensitively, runs of blanks counting as one blank. It is found within a row, in a line that
 * goes on over the right edge of the screen, and, where it holds newlines, over several rows. With `exact` it must be
 * the row's whole text, or all that stands between two borders of box-drawing characters.
 *
 * A regular expression is matched row by row, `^` and `$` being the row's ends; a row ends after its last visible
 * character, or one blank later (so both `/grub>$/` and `/grub> $/` match a prompt). Only where no row matches, it is
 * matched against all rows joined with newlines. `g` and `y` are ignored, empty matches do not count; `exact` has no
 * effect.
 *
 * A match over several rows has the smallest rectangle around it as its region.
 *
 * @throws GuestwrightError `usage/text-pattern-empty`
 */
export function findText(page: TextPage, pattern: string | RegExp, options: FindTextOptions = {}): TextMatch[] {
  const found = typeof pattern === 'string' ? findString(page, pattern, options) : findRegExp(page, pattern);
  const { within, selected } = options;
  return found
    .sort((a, b) => (a.cells[0] ?? 0) - (b.cells[0] ?? 0))
    .map((run) => ({ run, match: describe(page, run) }))
    .filter(({ match }) => within === undefined || isInside(match.region, within))
    .filter(({ run }) => selected === undefined || isSelected(page, run.cells) === selected)
    .map(({ match }) => match);
}

function describe(page: TextPage, { text, cells, distance = 0 }: Found): TextMatch {
  let rung: Rung = 'cells';
  let confidence = 1;
  for (let index = rowOf(cells[0] ?? 0); index <= rowOf(cells[cells.length - 1] ?? 0); index++) {
    const row = page.rows[index];
    if (row === undefined) continue;
    if (SURENESS[row.rung] > SURENESS[rung]) rung = row.rung;
    confidence = Math.min(confidence, row.confidence);
  }
  return { text, region: regionOf(page, cells), rung, confidence, colours: coloursAt(page, cells), distance };
}

const SURENESS: Record<Rung, number> = { cells: 0, glyphs: 1, ocr: 2 };

function isInside(inner: Region, outer: Region): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function findString(page: TextPage, pattern: string, { exact = false, distance = 0 }: FindTextOptions): Found[] {
  const wanted = collapseText(pattern);
  if (wanted === '') {
    throw new GuestwrightError('An empty text cannot be found on a screen', {
      kind: 'usage',
      code: 'text-pattern-empty',
      expected: 'a text with at least one visible character',
      seen: JSON.stringify(pattern),
      next: 'give the text that should be on the screen; for a blank screen compare screen.text() with an empty string',
    });
  }
  if (wanted.includes('\n')) return occurrences(collapse(screenRun(page)), wanted);
  const find = exact
    ? (run: TextRun) => wholeTexts(run).filter(({ text }) => text === wanted)
    : (run: TextRun) => occurrences(collapse(run), wanted);
  const rows = rowRuns(page);
  const inRows: Found[] = rows.flatMap(find);
  const acrossEdge: Found[] = wrappedRuns(page).flatMap(find).filter(spansRows);
  if (distance <= 0) return [...inRows, ...acrossEdge];
  const taken = new Set(inRows.map(({ cells }) => rowOf(cells[0] ?? 0)));
  const recognised = rows.filter((_, row) => page.rows[row]?.rung === 'ocr' && !taken.has(row));
  return [...inRows, ...acrossEdge, ...recognised.flatMap((run) => nearly(run, wanted, exact, distance))];
}

/** What comes within a distance of the text: at most one place in a row, the nearest. */
function nearly(run: TextRun, wanted: string, exact: boolean, allowed: number): Found[] {
  for (const candidate of exact ? wholeTexts(run) : [collapse(run)]) {
    const { start, end, distance } = closestWindow(candidate.text, wanted);
    if (end === start) continue;
    // All of an exact text counts: what stands around the nearest stretch is too much.
    const around = exact ? candidate.text.length - (end - start) : 0;
    if (distance + around > allowed) continue;
    const found = exact ? candidate : slice(candidate, start, end);
    return [{ ...found, distance: distance + around }];
  }
  return [];
}

/** A row's whole text and, when it holds borders, the texts between them. */
function wholeTexts(run: TextRun): TextRun[] {
  const whole = collapse(withoutBorders(run));
  const pieces = betweenBorders(run).map(collapse);
  return pieces.some((piece) => piece.cells[0] === whole.cells[0] && piece.text === whole.text)
    ? pieces
    : [whole, ...pieces];
}

function occurrences(run: TextRun, wanted: string): TextRun[] {
  const found: TextRun[] = [];
  for (let at = run.text.indexOf(wanted); at >= 0; at = run.text.indexOf(wanted, at + wanted.length)) {
    found.push({ text: wanted, cells: run.cells.slice(at, at + wanted.length) });
  }
  return found;
}

function findRegExp(page: TextPage, pattern: RegExp): TextRun[] {
  const flags = new Set(pattern.flags.replace(/[gyd]/g, '') + 'gm');
  const expression = new RegExp(pattern.source, [...flags].join(''));
  const inRows = rowRuns(page).flatMap((run, row) => {
    const found = matches(run, expression);
    const columns = page.rows[row]?.text.length ?? 0;
    const withBlank = run.text.length > 0 && (run.text.length < columns || page.rows[row]?.wraps === false);
    if (found.length > 0 || !withBlank) return found;
    return matches({ text: run.text + ' ', cells: [...run.cells, placeAt(row, run.text.length)] }, expression);
  });
  const acrossEdge = wrappedRuns(page)
    .flatMap((run) => matches(run, expression))
    .filter(spansRows);
  const found = [...inRows, ...acrossEdge];
  return found.length > 0 ? found : matches(screenRun(page), expression);
}

function matches(run: TextRun, expression: RegExp): TextRun[] {
  return Array.from(run.text.matchAll(expression))
    .filter(([text]) => text.length > 0)
    .map((match) => ({ text: match[0], cells: run.cells.slice(match.index, match.index + match[0].length) }));
}

function spansRows({ cells }: TextRun): boolean {
  return rowOf(cells[cells.length - 1] ?? 0) > rowOf(cells[0] ?? 0);
}
