/**
 * Snapshots that another worker goes on from: what is large in them is moved to memory that workers share, once, however
 * many go on from it.
 */
import type { DiskBlocks } from '../../engine.js';
import type { Overlay } from './disk.js';
import type { CoreSnapshot } from './machine.js';

/** The same snapshot; its bytes are never written to. */
export function shareSnapshot(snapshot: CoreSnapshot): CoreSnapshot {
  const { memory, overlays, serial } = snapshot;
  return {
    ...snapshot,
    memory: { ...memory, bytes: shared(memory.bytes) },
    overlays: new Map([...overlays].map(([name, overlay]) => [name, sharedBlocks(overlay)])),
    serial: serial.map(shared),
  };
}

/** Blocks in one piece of shared memory. */
export function sharedBlocks(blocks: DiskBlocks): Overlay {
  if ([...blocks.values()].every((block) => block.buffer instanceof SharedArrayBuffer)) return new Map(blocks);
  const size = [...blocks.values()].reduce((sum, block) => sum + block.length, 0);
  const all = new Uint8Array(new SharedArrayBuffer(size));
  const moved: Overlay = new Map();
  let at = 0;
  for (const [number, block] of blocks) {
    all.set(block, at);
    moved.set(number, all.subarray(at, at + block.length));
    at += block.length;
  }
  return moved;
}

function shared(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** A snapshot with other content on some disks. */
export function withDisks(snapshot: CoreSnapshot, disks: ReadonlyMap<number, DiskBlocks>): CoreSnapshot {
  const overlays = new Map(snapshot.overlays);
  for (const [index, blocks] of disks) overlays.set(`disk${index}`, new Map(blocks));
  return { ...snapshot, overlays };
}
