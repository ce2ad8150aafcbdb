/** Where on a disk file systems may be: its partitions (MBR with logical ones, GPT), or the whole disk. */
import type { Blocks } from '../../engines/blocks.js';
import { partView, type Part } from './ranges.js';

const SECTOR = 512;
const GPT = 0xee;
const EXTENDED = [0x05, 0x0f, 0x85];
const MOST_PARTS = 128;

/** @param size bytes of the disk: a VHD's footer lies beyond */
export function partsOf(blocks: Blocks, size: number): Part[] {
  const whole: Part = { blocks, start: 0, size };
  const entries = tableAt(whole, 0);
  const gpt = entries.some(({ type }) => type === GPT) ? gptParts(whole) : null;
  const found = gpt ?? entries.flatMap((entry) => (isExtended(entry) ? logicalParts(whole, entry.start) : [entry]));
  const parts = found
    .filter(({ start, sectors }) => start > 0 && sectors > 0 && (start + sectors) * SECTOR <= size)
    .map(({ start, sectors }): Part => ({ blocks, start: start * SECTOR, size: sectors * SECTOR }));
  // Parts that lie over each other would each call the other's data free.
  const apart = parts.sort((a, b) => a.start - b.start).every((part, i) => part.start >= endOf(parts[i - 1]));
  return !apart ? [] : parts.length === 0 ? [whole] : parts.slice(0, MOST_PARTS);
}

function endOf(part: Part | undefined): number {
  return part === undefined ? 0 : part.start + part.size;
}

interface Entry {
  type: number;
  /** Sectors. */
  start: number;
  sectors: number;
}

function isExtended({ type }: Entry): boolean {
  return EXTENDED.includes(type);
}

function tableAt(whole: Part, sector: number): Entry[] {
  const view = partView(whole, sector * SECTOR, SECTOR);
  if (view?.getUint16(510, true) !== 0xaa55) return [];
  const entries: Entry[] = [];
  for (let at = 446; at < 510; at += 16) {
    const flag = view.getUint8(at);
    // The first sector of a file system has the same ending, and code in this place.
    if (flag !== 0 && flag !== 0x80) return [];
    const type = view.getUint8(at + 4);
    if (type !== 0) {
      entries.push({ type, start: view.getUint32(at + 8, true), sectors: view.getUint32(at + 12, true) });
    }
  }
  return entries;
}

/** Each is in a table of its own, which leads to the next. */
function logicalParts(whole: Part, base: number): Entry[] {
  const found: Entry[] = [];
  const seen = new Set<number>();
  for (let at: number | null = base; at !== null && !seen.has(at) && found.length < MOST_PARTS;) {
    seen.add(at);
    const here: number = at;
    const entries = tableAt(whole, here);
    found.push(
      ...entries.filter((entry) => !isExtended(entry)).map((entry) => ({ ...entry, start: here + entry.start })),
    );
    const next = entries.find(isExtended);
    at = next === undefined ? null : base + next.start;
  }
  return found;
}

function gptParts(whole: Part): Entry[] | null {
  const header = partView(whole, SECTOR, 92);
  if (header?.getBigUint64(0) !== 0x4546492050415254n) return null;
  const tableSector = Number(header.getBigUint64(72, true));
  const count = Math.min(header.getUint32(80, true), MOST_PARTS);
  const entryBytes = header.getUint32(84, true);
  if (entryBytes < 128 || entryBytes > 4096) return null;
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const entry = partView(whole, tableSector * SECTOR + i * entryBytes, 48);
    if (entry === null) return null;
    if (entry.getBigUint64(0) === 0n && entry.getBigUint64(8) === 0n) continue;
    const start = Number(entry.getBigUint64(32, true));
    entries.push({ type: GPT, start, sectors: Number(entry.getBigUint64(40, true)) - start + 1 });
  }
  return entries;
}
