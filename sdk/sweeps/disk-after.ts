/** What is on a disk when the power goes after so many writes. */
import type { DiskBlocks, DiskWrites } from '../engines/engine.js';

export function diskAfter({ before, writes }: DiskWrites, count: number): DiskBlocks {
  const blocks = new Map(before);
  for (const write of writes.slice(0, count)) for (const [number, block] of write) blocks.set(number, block);
  return blocks;
}
