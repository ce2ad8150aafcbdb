/** What on the screen comes closest to a text that is not there: for failure messages. */
import type { CellGrid } from './frame.js';
import { collapse, collapseText, rowRun, wrappedRuns, type TextRun } from './text-runs.js';

export interface NearestMiss {
  /** The text on the screen, widened to whole words. */
  text: string;
  /** 0-based row in which it begins. */
  row: number;
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
export function nearestMiss(grid: CellGrid, pattern: string | RegExp): NearestMiss | null {
  const ignoreCase = typeof pattern !== 'string' && pattern.ignoreCase;
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const demanded = typeof pattern === 'string' ? pattern : longestLiteral(pattern);
  const wanted = fold(collapseText(demanded).replaceAll('\n', ' ')).slice(0, MAX_PATTERN);
  if (wanted === '') return null;
  let best: { window: Window; run: TextRun } | null = null;
  const rows = Array.from({ length: grid.rows }, (_, row) => rowRun(grid, row));
  for (const run of [...rows, ...wrappedRuns(grid)].map(collapse)) {
    const window = closestWindow(fold(run.text), wanted);
    if (window.end > window.start && (best === null || window.distance < best.window.distance)) best = { window, run };
  }
  if (best === null || best.window.distance > wanted.length * NEAR) return null;
  const { run, window } = best;
  return {
    text: widen(run.text, window),
    row: Math.floor((run.cells[window.start] ?? 0) / grid.columns),
    distance: window.distance,
  };
}

interface Window {
  start: number;
  end: number;
  distance: number;
}

/** The substring with the least edit distance to `wanted` (Sellers' algorithm: a match may begin anywhere). */
function closestWindow(text: string, wanted: string): Window {
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

function widen(text: string, { start, end }: Window): string {
  while (start > 0 && text[start - 1] !== ' ') start--;
  while (end < text.length && text[end] !== ' ') end++;
  return text.slice(start, end).trim();
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
