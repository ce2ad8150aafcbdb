/** What a Linux kernel says when it gives up: the last words of a guest that goes on running, but does nothing any more. */

/** Lines after which a panic is history: the guest has said too much since. The trace of the calls that led to it is shorter. */
const RECENT_LINES = 40;

const PANIC = /(?<!end )Kernel panic - not syncing(?:: .*\S)?/;

/**
 * The line with which the kernel told of a panic; null when there is none among the last lines.
 * @param lines a screen or the output of a serial port, escape sequences removed
 */
export function findPanic(lines: readonly string[]): string | null {
  const end = lines.findLastIndex((line) => line.trim() !== '') + 1;
  for (const line of lines.slice(Math.max(0, end - RECENT_LINES), end).reverse()) {
    const [words] = PANIC.exec(line) ?? [];
    if (words !== undefined) return words;
  }
  return null;
}
