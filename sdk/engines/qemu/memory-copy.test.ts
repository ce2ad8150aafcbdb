import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillMemory, takeImage } from './memory-copy.js';
import { CHUNK } from './memory-image.js';

/** Not whole chunks, as no rule says that a guest's memory is. */
const SIZE = 40 * CHUNK + 4096;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-memory-copy-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Memory with something in these chunks. */
function memoryWith(chunks: readonly number[]): Buffer {
  const bytes = Buffer.alloc(SIZE);
  for (const chunk of chunks) bytes.writeUInt32LE(chunk + 1, Math.min(chunk * CHUNK + 100, SIZE - 4));
  return bytes;
}

test.each([
  { now: 'nothing', chunks: [] },
  { now: 'what was there when it was saved', chunks: [0, 3, 4, 40] },
  { now: 'other things, some of them elsewhere', chunks: [1, 3, 20, 39] },
  { now: 'something everywhere', chunks: Array.from({ length: 41 }, (_, i) => i) },
])('memory that holds $now is afterwards what was saved', async ({ chunks }) => {
  const saved = memoryWith([0, 3, 4, 40]);
  const memory = join(folder, 'memory');
  const image = join(folder, 'image');
  writeFileSync(memory, saved);
  const taken = await takeImage(memory, image, SIZE);
  writeFileSync(memory, memoryWith(chunks));
  await fillMemory(memory, taken, 'anything');
  expect(readFileSync(memory).equals(saved)).toBe(true);
  rmSync(image);
});
