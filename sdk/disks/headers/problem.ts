/** Why an image of a known format is not opened, before any tool has seen it. */

export type HeaderProblem =
  /** A field says what cannot be, or what it needs is not there. */
  | { kind: 'damaged'; what: string }
  /** It would make whoever opens it open other files. */
  | { kind: 'names-other-files'; what: string }
  /** Whole, but of a kind that is not read here. */
  | { kind: 'unsupported'; what: string };

/** Largest disk that any of the formats has, bytes: VHDX's 64 TB. */
export const MOST_DISK_BYTES = 64 * 2 ** 40;

/** Null: it is a size that a disk can have. */
export function sizeProblem(size: number): HeaderProblem | null {
  if (size > 0 && size <= MOST_DISK_BYTES && size % 512 === 0) return null;
  return { kind: 'damaged', what: `a disk of ${size} bytes` };
}
