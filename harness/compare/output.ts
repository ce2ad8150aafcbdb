/** Output of a serial port as a person reads it: what is compared, and what the report shows of a difference. */
import { diffLines } from '../../sdk/screen/text-diff.js';
import { terminalText } from '../../sdk/serial/ansi.js';
import { shownText } from '../../sdk/serial/shown.js';

/** Lines of each side that are shown. */
const MOST_LINES = 400;
/** Lines shown before the first that differs. */
const BEFORE = 3;
/** Characters of a line that are shown, and of those before its first that differs. */
const LONGEST_LINE = 1_000;
const SAME_BEFORE = 100;

/** Without escape sequences and carriage returns. */
export function outputLines(output: string): string[] {
  return terminalText(output).split('\n');
}

/** The lines around what differs, from the first that does; how many are left out is said. */
export function diffOutput(a: readonly string[], b: readonly string[]): string {
  const count = Math.max(a.length, b.length);
  let first = 0;
  while (first < count && a[first] === b[first]) first++;
  const from = Math.max(0, first - BEFORE);
  const left: string[] = [];
  const right: string[] = [];
  for (let i = from; i < Math.min(count, from + MOST_LINES); i++) {
    const [lineA, lineB] = shownPair(a[i] ?? '', b[i] ?? '');
    if (i < a.length) left.push(lineA);
    if (i < b.length) right.push(lineB);
  }
  const after = count - from - MOST_LINES;
  return [
    ...(from === 0 ? [] : [`… ${from} lines before are the same (numbered from here)`]),
    diffLines(left, right),
    ...(after > 0 ? [`… ${after} lines after`] : []),
  ].join('\n');
}

/** Of very long lines the place where they part: a guest may send a megabyte without a newline. */
function shownPair(a: string, b: string): [string, string] {
  if (Math.max(a.length, b.length) <= LONGEST_LINE) return [shownText(a), shownText(b)];
  let same = 0;
  while (same < Math.min(a.length, b.length) && a[same] === b[same]) same++;
  const from = same === a.length && same === b.length ? 0 : Math.max(0, same - SAME_BEFORE);
  const cut = (line: string): string => {
    const shown = `${from === 0 ? '' : '…'}${line.slice(from, from + LONGEST_LINE)}`;
    return shownText(line.length > from + LONGEST_LINE ? `${shown}… (${line.length} characters)` : shown);
  };
  return [cut(a), cut(b)];
}
