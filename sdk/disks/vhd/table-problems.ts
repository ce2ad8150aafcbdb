/** Which entries of a table cannot be true: what must not be written through, and what a check tells of. */
import { HEADER_BYTES, SECTOR, UNALLOCATED } from './format.js';
import { locatorIsInside, type SparseLayout, type VhdLayout } from './layout.js';

/** `at` are bytes in the file. */
export type TableProblem =
  | { kind: 'block-outside'; block: number; at: number; part: 'bitmap' | 'data' }
  | { kind: 'block-in-structure'; block: number; at: number; structure: Structure['what'] }
  | { kind: 'block-duplicate'; block: number; at: number }
  | { kind: 'block-overlapping'; block: number; at: number };

/** What is in a file besides blocks and the footer at its end. */
export interface Structure {
  what: 'footer copy' | 'header' | 'table' | 'parent locator';
  at: number;
  /** Where it ends. */
  end: number;
}

/** A disk that is damaged all over is not told of block by block. */
export const MOST_PROBLEMS = 1000;

export function structuresOf({ limit }: VhdLayout, { headerAt, tableAt, header }: SparseLayout): Structure[] {
  const locators = header.locators.filter((entry) => locatorIsInside(entry, limit));
  return [
    { what: 'footer copy', at: 0, end: SECTOR },
    { what: 'header', at: headerAt, end: headerAt + HEADER_BYTES },
    { what: 'table', at: tableAt, end: tableAt + header.entries * 4 },
    ...locators.map(({ at, length }) => ({
      what: 'parent locator' as const,
      at: Number(at),
      end: Number(at) + length,
    })),
  ];
}

/** @returns at most {@link MOST_PROBLEMS} of them, by their blocks */
export function tableProblems(layout: VhdLayout, sparse: SparseLayout, table: Uint32Array): TableProblem[] {
  const length = sparse.bitmapBytes + sparse.blockSize;
  const structures = structuresOf(layout, sparse);
  const crowded = crowdedEntries(table, length);
  const problems: TableProblem[] = [];
  for (const [block, entry] of table.entries()) {
    if (entry === UNALLOCATED) continue;
    if (problems.length >= MOST_PROBLEMS) break;
    const at = entry * SECTOR;
    const structure = structures.find((other) => at < other.end && other.at < at + length);
    const crowd = crowded.get(entry);
    const part = at + sparse.bitmapBytes > layout.limit ? 'bitmap' : 'data';
    if (at + length > layout.limit) problems.push({ kind: 'block-outside', block, at, part });
    else if (structure !== undefined)
      problems.push({ kind: 'block-in-structure', block, at, structure: structure.what });
    else if (crowd !== undefined) problems.push({ kind: `block-${crowd}`, block, at });
  }
  return problems;
}

/** Entries whose blocks are not alone where they are. */
function crowdedEntries(table: Uint32Array, length: number): Map<number, 'duplicate' | 'overlapping'> {
  const sorted = table.filter((entry) => entry !== UNALLOCATED).sort();
  const crowded = new Map<number, 'duplicate' | 'overlapping'>();
  for (let i = 1; i < sorted.length && crowded.size < MOST_PROBLEMS; i++) {
    const before = sorted[i - 1] ?? 0;
    const entry = sorted[i] ?? 0;
    if (entry === before) crowded.set(entry, 'duplicate');
    else if ((entry - before) * SECTOR < length) {
      for (const each of [before, entry]) if (!crowded.has(each)) crowded.set(each, 'overlapping');
    }
  }
  return crowded;
}

/** Where the last thing in the file ends, in whole sectors: where the footer belongs. */
export function endOfContents(layout: VhdLayout, sparse: SparseLayout, table: Uint32Array): number {
  let end = 0;
  for (const structure of structuresOf(layout, sparse)) end = Math.max(end, structure.end);
  for (const entry of table) {
    if (entry !== UNALLOCATED) end = Math.max(end, entry * SECTOR + sparse.bitmapBytes + sparse.blockSize);
  }
  return Math.ceil(end / SECTOR) * SECTOR;
}
