/** Output of a serial port as a person reads it: what is compared, and what the report shows of a difference. */
import { diffLines } from '../../sdk/screen/text-diff.js';
import { terminalText } from '../../sdk/serial/ansi.js';

/** Lines of each side that are shown. */
const MOST_LINES = 400;
/** Lines shown before the first that differs. */
const BEFORE = 3;

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
  const [left, right] = [a, b].map((lines) => lines.slice(from, from + MOST_LINES));
  const after = count - from - MOST_LINES;
  return [
    ...(from === 0 ? [] : [`… ${from} lines before are the same (numbered from here)`]),
    diffLines(left ?? [], right ?? []),
    ...(after > 0 ? [`… ${after} lines after`] : []),
  ].join('\n');
}
