/** What a recording and its replay are compared by. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScreenContent } from '../../screen/content.js';
import { makeFrame } from '../../screen/frame.js';
import { nothing, type QmpClient } from './qmp.js';

/** Parts of a PC's memory, as its processor sees it, that are memory and nothing else. */
const CONVENTIONAL = 0xa0000;
const EXTENDED = 0x100000;
/** What lies beyond may be elsewhere for the processor. */
const HIGHEST = 0xc0000000;

/**
 * Of what the screen shows. The text cursor is left out: QEMU lets it blink by when the screen is looked at. And it is the
 * picture that counts: what cannot be seen of a text screen (the colour of a space) may be read in more than one way.
 */
export function frameHash(content: ScreenContent): string {
  const { width, height, rgba } = makeFrame(content, 0);
  return createHash('sha256').update(`${content.kind} ${width}x${height}`).update(rgba).digest('hex');
}

/** The memory of a PC, in files that {@link hashOf} removes. */
export type SavedMemory = readonly string[];

/**
 * Saves the memory of a PC that stands: without the window of its video card, which is none and must not be read (a card in
 * a planar mode takes notice), and without what lies above 3 GB.
 * @param folder for the files
 */
export async function saveMemory(
  qmp: QmpClient,
  { memoryMb, folder }: { memoryMb: number; folder: string },
): Promise<SavedMemory> {
  const end = Math.min(memoryMb * 2 ** 20, HIGHEST);
  const parts = [
    { val: 0, size: CONVENTIONAL, filename: join(folder, 'conventional.part') },
    { val: EXTENDED, size: end - EXTENDED, filename: join(folder, 'extended.part') },
  ];
  // At once: a guest that sleeps may wake between two commands.
  await Promise.all(parts.map(async (part) => await qmp.execute('pmemsave', part, nothing)));
  return parts.map(({ filename }) => filename);
}

/** Lower-case hex SHA-256. */
export async function hashOf(memory: SavedMemory): Promise<string> {
  const hash = createHash('sha256');
  try {
    for (const file of memory) {
      for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    }
  } finally {
    await Promise.all(memory.map(async (file) => await rm(file, { force: true })));
  }
  return hash.digest('hex');
}
