/** What is wrong with a VHD. Nothing is written. */
import { GuestwrightError } from '../../errors.js';
import type { Storage } from '../storage.js';
import { copyDiffers } from './footers.js';
import * as format from './format.js';
import { SECTOR, UNALLOCATED } from './format.js';
import {
  examineLayout,
  findFooters,
  locatorIsInside,
  readTable,
  type FooterFound,
  type Footers,
  type LayoutProblem,
  type SparseLayout,
  type VhdLayout,
} from './layout.js';
import { checkParent, type VhdParent } from './parent.js';
import { infoOf } from './read-vhd.js';
import { endOfContents, structuresOf, tableProblems, type TableProblem } from './table-problems.js';

/** Numbers are bytes, `at` in the file. */
export type VhdFinding =
  | LayoutProblem
  | TableProblem
  /** The footer at the file's end; with `copy`, which is good, the image opens. */
  | { kind: 'footer-damaged'; why: 'checksum' | 'version' | 'type' | 'missing' }
  /** The copy at the start, without which a kill while it is written may lose the disk. */
  | { kind: 'copy-damaged'; why: 'checksum' | 'version' | 'type' | 'missing' }
  | { kind: 'copy-differs' }
  /** Only the checksum of the footer, or of the header, is wrong: all that it says is true of the file. */
  | { kind: 'checksum-alone'; of: 'footer' | 'header' }
  | { kind: 'locator-outside'; platform: string; at: bigint; length: number }
  /** Behind the last thing that the image has. */
  | { kind: 'trailing-garbage'; at: number; length: number }
  /** Room for blocks that nothing points at: what a kill leaves, or a table that was moved. */
  | { kind: 'room-lost'; at: number; length: number }
  /** `code` is of the error that opening it would end in. */
  | { kind: 'parent'; code: string; message: string };

/** Whether a finding can be repaired, and by what: `repairVhd`, that with `loseData`, `compactVhd`, or nothing. */
export type Repair = 'safe' | 'loses-data' | 'compact' | 'none';

export function repairOf(finding: VhdFinding): Repair {
  switch (finding.kind) {
    case 'footer-damaged':
    case 'copy-damaged':
    case 'copy-differs':
    case 'checksum-alone':
    case 'trailing-garbage':
      return 'safe';
    case 'block-outside':
    case 'block-in-structure':
      return 'loses-data';
    case 'room-lost':
      return 'compact';
    default:
      return 'none';
  }
}

/** @param parent of a differencing disk; without it, it is not looked at */
export function checkVhd(storage: Storage, parent?: VhdParent): VhdFinding[] {
  const { findings } = examineVhd(storage);
  const layout = examineLayout(storage);
  if (parent === undefined || 'kind' in layout) return findings;
  try {
    checkParent(storage.name, infoOf(storage, layout, null), { parent });
  } catch (error) {
    if (!(error instanceof GuestwrightError)) throw error;
    findings.push({ kind: 'parent', code: error.code, message: error.message });
  }
  return findings;
}

/** What a check found, and the image as it was understood: with wrong checksums where they alone are wrong. */
export interface Examined {
  findings: VhdFinding[];
  /** Null: it cannot be read, and not be repaired. */
  layout: VhdLayout | null;
  table: Uint32Array | null;
}

export function examineVhd(storage: Storage): Examined {
  const footers = findFooters(storage);
  const layout = examineLayout(storage, footers);
  if (!('kind' in layout)) return examineContents(storage, layout, footers);
  const trusted = trustSums(storage, footers, layout);
  if (trusted === null) return { findings: [layout], layout: null, table: null };
  const of = layout.kind === 'header-damaged' ? 'header' : 'footer';
  const examined = examineContents(storage, trusted, trusted.footers);
  // With anything else wrong, it is not the checksum that is to be doubted.
  if (examined.findings.some(({ kind }) => DOUBTFUL.has(kind)))
    return { findings: [layout], layout: null, table: null };
  return { ...examined, findings: [{ kind: 'checksum-alone', of }, ...examined.findings] };
}

/** What shows, where a checksum is wrong as well, that other bytes of the image are wrong too. */
const DOUBTFUL: ReadonlySet<VhdFinding['kind']> = new Set<VhdFinding['kind']>([
  'block-outside',
  'block-in-structure',
  'block-duplicate',
  'block-overlapping',
  'locator-outside',
  'trailing-garbage',
]);

/** The image as it is when the checksum that keeps it from being read is taken for right. Null: that does not help. */
function trustSums(storage: Storage, footers: Footers, problem: LayoutProblem): VhdLayout | null {
  if (problem.kind === 'header-damaged' && problem.why === 'checksum') {
    const layout = examineLayout(storage, footers, 'ignored');
    return 'kind' in layout ? null : layout;
  }
  if (problem.kind !== 'footers-damaged' || problem.why !== 'checksum') return null;
  const layout = examineLayout(storage, { ...footers, end: trusted(footers.end) });
  return 'kind' in layout ? null : layout;
}

function trusted(found: FooterFound): FooterFound {
  if (found.kind !== 'damaged' || found.why !== 'checksum') return found;
  const { at, bytes } = found;
  const sealed = bytes.slice();
  format.sealFooter(sealed);
  const footer = format.parseFooter(sealed);
  return format.versionIsKnown(footer.version) && footer.type !== null
    ? { kind: 'good', at, bytes: sealed, footer }
    : found;
}

function examineContents(storage: Storage, layout: VhdLayout, { end, copy }: Footers): Examined {
  const findings: VhdFinding[] = [];
  const { sparse, limit, size } = layout;
  if (sparse === null) {
    if (limit > size) findings.push({ kind: 'trailing-garbage', at: size, length: limit - size });
    return { findings, layout, table: null };
  }
  if (end.kind !== 'good') findings.push({ kind: 'footer-damaged', why: end.kind === 'damaged' ? end.why : 'missing' });
  if (copy.kind !== 'good')
    findings.push({ kind: 'copy-damaged', why: copy.kind === 'damaged' ? copy.why : 'missing' });
  else if (copyDiffers(layout)) findings.push({ kind: 'copy-differs' });
  for (const { platform, at, length, ...locator } of sparse.header.locators) {
    const inside = locatorIsInside({ platform, at, length, ...locator }, limit);
    if (!inside) findings.push({ kind: 'locator-outside', platform, at, length });
  }
  const table = readTable(storage, sparse);
  const problems = tableProblems(layout, sparse, table);
  findings.push(...problems);
  if (problems.length === 0) findings.push(...unusedRoom(layout, sparse, table));
  return { findings, layout, table };
}

function unusedRoom(layout: VhdLayout, sparse: SparseLayout, table: Uint32Array): VhdFinding[] {
  const length = sparse.bitmapBytes + sparse.blockSize;
  const findings: VhdFinding[] = [];
  let end = 0;
  // Less room than for a block is there so that the next one begins at a round place.
  for (const used of usedRoom(layout, sparse, table)) {
    if (used.at - end >= length) findings.push({ kind: 'room-lost', at: end, length: used.at - end });
    end = Math.max(end, used.end);
  }
  const contents = endOfContents(layout, sparse, table);
  const left = layout.limit - contents;
  if (left <= 0) return findings;
  if (layout.footers.end.kind !== 'good') findings.push({ kind: 'trailing-garbage', at: contents, length: left });
  else if (left >= length) findings.push({ kind: 'room-lost', at: contents, length: left });
  return findings;
}

/** Pieces of the file, ascending. */
function* usedRoom(layout: VhdLayout, sparse: SparseLayout, table: Uint32Array) {
  const structures = structuresOf(layout, sparse).sort((one, other) => one.at - other.at);
  const entries = table.filter((entry) => entry !== UNALLOCATED).sort();
  let next = 0;
  for (const entry of entries) {
    const at = entry * SECTOR;
    for (let other = structures[next]; other !== undefined && other.at <= at; other = structures[++next]) yield other;
    yield { at, end: at + sparse.bitmapBytes + sparse.blockSize };
  }
  yield* structures.slice(next);
}
