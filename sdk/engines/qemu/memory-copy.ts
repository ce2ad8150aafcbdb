/** Copies the memory of guests, out of where QEMU shares it with us and back, on one thread for all machines. */
import { Worker } from 'node:worker_threads';
import { GuestwrightError } from '../../errors.js';
import type { MemoryImage } from './memory-image.js';

export type CopyJob =
  /** `image` must not be there yet. */
  | { kind: 'take'; memory: string; image: string; size: number }
  | { kind: 'fill'; memory: string; image: string; size: number; map: string; holds: MemoryBefore };

/** What is in memory that is to be filled: nothing but zeros, or anything. */
export type MemoryBefore = 'zeros' | 'anything';

export interface CopyAnswer {
  id: number;
  /** Of the image that was taken. */
  map: string | null;
  error: string | null;
}

interface Waiting {
  resolve: (map: string | null) => void;
  reject: (error: Error) => void;
}

let thread: Worker | null = null;
const waiting = new Map<number, Waiting>();
let jobs = 0;

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
  thread ??= start();
  const worker = thread;
  const id = ++jobs;
  try {
    return await new Promise<string | null>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, job });
    });
  } catch (error) {
    throw copyFailed(job.kind, error instanceof Error ? error.message : String(error));
  } finally {
    waiting.delete(id);
    // Idle, it keeps no process alive.
    if (waiting.size === 0) worker.unref();
  }
}

function start(): Worker {
  const worker = new Worker(new URL('./memory-copy.thread.js', import.meta.url), { execArgv: [] });
  worker.unref();
  worker.on('message', ({ id, map, error }: CopyAnswer) => {
    const one = waiting.get(id);
    if (error === null) one?.resolve(map);
    else one?.reject(new Error(error));
  });
  const ended = (error: Error): void => {
    if (thread === worker) thread = null;
    for (const { reject } of waiting.values()) reject(error);
  };
  worker.once('error', ended);
  worker.once('exit', (code) => ended(new Error(`the thread ended with ${code}`)));
  return worker;
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
