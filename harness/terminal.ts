/** The terminal that a run's messages end up on. */

/** As in Playwright, where nothing is known: in a pipe, in CI. */
const DEFAULT_WIDTH = 100;
/** In less, a screen cannot be shown. */
const MIN_WIDTH = 40;

/** Set for the processes of a run, whose own output is a pipe (`cli/run`). */
export const WIDTH_VARIABLE = 'COLUMNS';

/** Columns that a line of a message may take. */
export function terminalWidth(
  output: { isTTY: boolean; columns: number } = process.stdout,
  variable = process.env[WIDTH_VARIABLE] ?? '',
): number {
  const width = output.isTTY ? output.columns : Number(variable);
  return Number.isInteger(width) && width > 0 ? Math.max(MIN_WIDTH, width) : DEFAULT_WIDTH;
}
