/** What on the screen comes closest to a text that is not there: for failure messages. */
import type { Region } from './content.js';
import type { Rung, TextPage } from './page.js';
import { regionOf } from './place-region.js';
import { collapse, collapseText, rowOf, rowRuns, unitOf, wrappedRuns, type TextRun } from './text-runs.js';

export interface NearestMiss {
  /** The text on the screen, widened to whole words. */
  text: string;
  /** 0-based row in which it begins. */
  row: number;
  /** Where it stands in that row; `end` is exclusive. A text that goes on in the next row ends with its row here. */
  start: number;
  end: number;
  region: Region;
  rung: Rung;
  /** Characters to insert, delete or replace to make it the text that was looked for; 0 when only its place is wrong. */
  distance: number;
}

/** A text that differs in more than this part of its characters is no near miss. */
const NEAR = 0.5;
/** Longer patterns are compared by their beginning. */
const MAX_PATTERN = 200;

/**
 * The text most like the pattern, or null when nothing is like it. A regular expression is compared by the longest
 * text that it demands literally.
 */
export function nearestMiss(page: TextPage, pattern: string | RegExp): NearestMiss | null {
  const ignoreCase = typeof pattern !== 'string' && pattern.ignoreCase;
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const demanded = typeof pattern === 'string' ? pattern : longestLiteral(pattern);
  const wanted = fold(collapseText(demanded).replaceAll('\n', ' ')).slice(0, MAX_PATTERN);
  if (wanted === '') return null;
  let best: { window: Window; run: TextRun } | null = null;
  for (const run of [...rowRuns(page), ...wrappedRuns(page)].map(collapse)) {
    const window = closestWindow(fold(run.text), wanted);
    if (window.end > window.start && (best === null || window.distance < best.window.distance)) best = { window, run };
  }
  if (best === null || best.window.distance > wanted.length * NEAR) return null;
  const { run, window } = best;
  const [start, end] = widen(run.text, window);
  const cells = run.cells.slice(start, end);
  const row = rowOf(cells[0] ?? 0);
  const inRow = cells.filter((place) => rowOf(place) === row).map(unitOf);
  return {
    text: run.text.slice(start, end),
    row,
    start: inRow[0] ?? 0,
    end: (inRow[inRow.length - 1] ?? -1) + 1,
    region: regionOf(page, cells),
    rung: page.rows[row]?.rung ?? 'cells',
    distance: window.distance,
  };
}

export interface Window {
  start: number;
  end: number;
  distance: number;
}

/** The substring with the least edit distance to `wanted` (Sellers' algorithm: a match may begin anywhere). */
export function closestWindow(text: string, wanted: string): Window {
  // For each prefix of `wanted` ending at the current character: its distance, and where its window began.
  let distances = Array.from({ length: wanted.length + 1 }, (_, i) => i);
  let starts = new Array<number>(wanted.length + 1).fill(0);
  let best: Window = { start: 0, end: 0, distance: wanted.length };
  for (let end = 1; end <= text.length; end++) {
    const nextDistances = [0];
    const nextStarts = [end];
    for (let i = 1; i <= wanted.length; i++) {
      const replace = (distances[i - 1] ?? 0) + (text[end - 1] === wanted[i - 1] ? 0 : 1);
      const skipText = (distances[i] ?? 0) + 1;
      const skipWanted = (nextDistances[i - 1] ?? 0) + 1;
      const least = Math.min(replace, skipText, skipWanted);
      nextDistances.push(least);
      const origin = least === replace ? starts[i - 1] : least === skipText ? starts[i] : nextStarts[i - 1];
      nextStarts.push(origin ?? 0);
    }
    distances = nextDistances;
    starts = nextStarts;
    const distance = distances[wanted.length] ?? 0;
    if (distance < best.distance) best = { start: starts[wanted.length] ?? 0, end, distance };
  }
  return best;
}

/** To whole words, without blanks at the ends. */
function widen(text: string, window: Window): [start: number, end: number] {
  let { start, end } = window;
  while (start > 0 && text[start - 1] !== ' ') start--;
  while (end < text.length && text[end] !== ' ') end++;
  while (start < end && text[start] === ' ') start++;
  while (end > start && text[end - 1] === ' ') end--;
  return [start, end];
}

/** The longest run of characters that a regular expression asks for as they are. */
function longestLiteral({ source }: RegExp): string {
  const parts: string[] = [''];
  const add = (character: string) => parts.push((parts.pop() ?? '') + character);
  for (let i = 0; i < source.length; i++) {
    const character = source.charAt(i);
    if (character === '\\') {
      const next = source.charAt(++i);
      // A letter or digit after a backslash is a class, a reference or a boundary; anything else stands for itself.
      if (next === 's') add(' ');
      else if (/[\w]/.test(next)) parts.push('');
      else add(next);
    } else if (character === '[') {
      while (i < source.length && source.charAt(i) !== ']') i += source.charAt(i) === '\\' ? 2 : 1;
      parts.push('');
    } else if (character === '{') {
      while (i < source.length && source.charAt(i) !== '}') i++;
      parts.push('');
    } else if (character === '?' || character === '*') {
      parts.push((parts.pop() ?? '').slice(0, -1), '');
    } else if ('^$.+()|'.includes(character)) {
      parts.push('');
    } else {
      add(character);
    }
  }
  return parts.reduce((longest, part) => (part.trim().length > longest.trim().length ? part : longest), '');
}
