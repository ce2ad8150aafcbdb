/** Which text is highlighted: menus mark the row, or the button, that Enter acts on by its colours. */
import type { ColourRun, TextPage, TextRow } from './page.js';
import { rowOf, unitOf, type Place } from './text-runs.js';

/** 0xRRGGBB. */
export interface Colours {
  foreground: number;
  background: number;
}

/** Colours nearer than this in every channel are one to the eye: over a picture, or where they are estimated. */
const ALIKE = 40;

/** Rows this many heights apart still belong to one list. */
const NEIGHBOUR_HEIGHTS = 2.5;
/** Rows of a list that are looked at in each direction. */
const LONGEST_LIST = 12;

/** The colours of most of these characters. */
export function coloursAt({ rows }: TextPage, places: readonly Place[]): Colours {
  const counts = new Map<ColourRun, number>();
  for (const place of places) {
    const row = rows[rowOf(place)];
    const unit = unitOf(place);
    if (row === undefined || row.text.charAt(unit) === ' ') continue;
    const run = row.colours.find(({ start, end }) => unit >= start && unit < end);
    if (run !== undefined) counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most === undefined
    ? { foreground: 0, background: 0 }
    : { foreground: most[0].foreground, background: most[0].background };
}

/**
 * Whether a text is highlighted: it is the odd one out by its colours, among the rows of its list or, where it stands in
 * no list, among the other texts on its row (a button). Where nothing stands around it, nothing can be told: false.
 */
export function isSelected(page: TextPage, places: readonly Place[]): boolean {
  const own = coloursAt(page, places);
  const index = rowOf(places[0] ?? 0);
  const row = page.rows[index];
  if (row === undefined) return false;
  const left = row.edges[unitOf(places[0] ?? 0)] ?? 0;
  const right = row.edges[unitOf(places[places.length - 1] ?? 0) + 1] ?? left;
  const above = listFrom(page, index, -1, left, right);
  const below = listFrom(page, index, 1, left, right);
  const list = [...above, ...below];
  if (list.length === 0) {
    const beside = besides(row, left, right);
    return beside.length > 0 && beside.every((colours) => !alike(colours, own)) && isRarer(page, own, beside);
  }
  const touching = [above[0], below[0]].filter((colours) => colours !== undefined);
  if (touching.some((colours) => alike(colours, own))) return false;
  const same = 1 + list.filter((colours) => alike(colours, own)).length;
  const others = list.length + 1 - same;
  return same < others || (same === others && isRarer(page, own, touching));
}

/** Of two it is the one in colours that less of the screen has. */
function isRarer({ rows }: TextPage, own: Colours, others: readonly Colours[]): boolean {
  let [mine, theirs] = [0, 0];
  for (const row of rows) {
    for (const run of row.colours) {
      const length = row.text.slice(run.start, run.end).trim().length;
      if (alike(run, own)) mine += length;
      else if (others.some((colours) => alike(run, colours))) theirs += length;
    }
  }
  return mine < theirs;
}

/** The colours of the texts in the same columns, from the nearest outwards, as far as they follow each other. */
function listFrom(page: TextPage, index: number, step: 1 | -1, left: number, right: number): Colours[] {
  const found: Colours[] = [];
  let last = page.rows[index];
  for (let at = index + step; found.length < LONGEST_LIST; at += step) {
    const row = page.rows[at];
    if (row === undefined || last === undefined || Math.abs(row.y - last.y) > NEIGHBOUR_HEIGHTS * last.height) break;
    const colours = row.y === last.y ? null : coloursBetween(row, left, right);
    if (colours === null) continue;
    found.push(colours);
    last = row;
  }
  return found;
}

/** Texts of the same row left and right of a stretch. */
function besides(row: TextRow, left: number, right: number): Colours[] {
  return [coloursBetween(row, -Infinity, left), coloursBetween(row, right, Infinity)].filter(
    (colours) => colours !== null,
  );
}

/** The colours of most visible characters between two x; null when there is none. */
function coloursBetween(row: TextRow, left: number, right: number): Colours | null {
  let best: { run: ColourRun; count: number } | null = null;
  for (const run of row.colours) {
    let count = 0;
    for (let unit = run.start; unit < run.end; unit++) {
      const inside = (row.edges[unit] ?? 0) < right && (row.edges[unit + 1] ?? 0) > left;
      if (inside && row.text.charAt(unit) !== ' ' && row.text.charAt(unit) !== '') count++;
    }
    if (count > 0 && (best === null || count > best.count)) best = { run, count };
  }
  return best === null ? null : { foreground: best.run.foreground, background: best.run.background };
}

function alike(a: Colours, b: Colours): boolean {
  return near(a.foreground, b.foreground) && near(a.background, b.background);
}

function near(a: number, b: number): boolean {
  return [16, 8, 0].every((shift) => Math.abs(((a >> shift) & 255) - ((b >> shift) & 255)) < ALIKE);
}
