/** Copies the memory of guests, out of where QEMU shares it with us and back, on one thread for all machines. */
import { GuestwrightError } from '../../errors.js';
import { JobThread } from '../../job-thread.js';
import type { MemoryImage } from './memory-image.js';

export type CopyJob =
  /** `image` must not be there yet. */
  | { kind: 'take'; memory: string; image: string; size: number }
  | { kind: 'fill'; memory: string; image: string; size: number; map: string; holds: MemoryBefore };

/** What is in memory that is to be filled: nothing but zeros, or anything. */
export type MemoryBefore = 'zeros' | 'anything';

const thread = new JobThread<CopyJob, string | null>(new URL('./memory-copy.thread.js', import.meta.url));

/**
 * Makes an image of memory that stands; what is zeros becomes a hole.
 * @param memory path under which it can be opened
 * @throws GuestwrightError `infrastructure/qemu-save`
 */
export async function takeImage(memory: string, image: string, size: number): Promise<MemoryImage> {
  const map = await run({ kind: 'take', memory, image, size });
  return { path: image, size, map: map ?? '' };
}

/**
 * Writes what an image holds into memory.
 * @throws GuestwrightError `infrastructure/qemu-restore`
 */
export async function fillMemory(memory: string, { path, size, map }: MemoryImage, holds: MemoryBefore): Promise<void> {
  await run({ kind: 'fill', memory, image: path, size, map, holds });
}

async function run(job: CopyJob): Promise<string | null> {
  try {
    return await thread.run(job);
  } catch (error) {
    throw copyFailed(job.kind, error instanceof Error ? error.message : String(error));
  }
}

function copyFailed(kind: CopyJob['kind'], seen: string): GuestwrightError {
  const what = kind === 'take' ? 'save' : 'restore';
  return new GuestwrightError(`The guest's memory could not be copied to ${what} it`, {
    kind: 'infrastructure',
    code: `qemu-${what}`,
    seen,
    next: 'look whether the file system of the run directory, or the memory of this host, is full',
  });
}
