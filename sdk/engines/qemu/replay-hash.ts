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

/**
 * Of the memory of a PC that stands: without the window of its video card, which is none and must not be read (a card in
 * a planar mode takes notice), and without what lies above 3 GB.
 * @param folder for a file while it is read
 */
export async function memoryHash(
  qmp: QmpClient,
  { memoryMb, folder }: { memoryMb: number; folder: string },
): Promise<string> {
  const end = Math.min(memoryMb * 2 ** 20, HIGHEST);
  const hash = createHash('sha256');
  for (const [from, to] of [
    [0, CONVENTIONAL],
    [EXTENDED, end],
  ] as const) {
    const file = join(folder, 'memory.part');
    try {
      await qmp.execute('pmemsave', { val: from, size: to - from, filename: file }, nothing);
      for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    } finally {
      await rm(file, { force: true });
    }
  }
  return hash.digest('hex');
}
