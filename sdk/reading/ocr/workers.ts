/**
 * The process's recognising threads, shared by all its readers: two at most, started when there is something to read.
 * They hold the process only while they work: it can end at any time, disposed of or not.
 */
import { Worker } from 'node:worker_threads';
import { GuestwrightError } from '../../errors.js';
import type { Recognised } from '../../screen/ocr/rows.js';
import type { Grey } from '../../screen/ocr/strip.js';
import type { Model } from './models.js';
import type { WorkerAnswer, WorkerJob, WorkerSetup } from './protocol.js';

/** Two were 1.65 times as fast as one; each holds some 100 MB. */
export const MOST_WORKERS = 2;

interface Job {
  models: readonly Model[];
  image: Grey;
  resolve: (words: Recognised[]) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  /** Models are loaded when a thread starts: it reads what needs just those. */
  key: string;
  job: Job | null;
}

const waiting: Job[] = [];
const threads = new Set<Thread>();

/**
 * Recognises a prepared line.
 * @throws GuestwrightError `infrastructure/ocr-failed`
 */
export function recogniseLine(models: readonly Model[], image: Grey): Promise<Recognised[]> {
  return new Promise((resolve, reject) => {
    waiting.push({ models, image, resolve, reject });
    dispatch();
  });
}

/** Readers by what they read with: threads stay for as long as one of them may need them. */
const users = new Map<string, number>();

export function useWorkers(models: readonly Model[]): void {
  const key = keyOf(models);
  users.set(key, (users.get(key) ?? 0) + 1);
}

/** Undoes {@link useWorkers}. The threads of the last user end: idle ones now, others after what they read. */
export async function releaseWorkers(models: readonly Model[]): Promise<void> {
  const key = keyOf(models);
  const left = (users.get(key) ?? 0) - 1;
  if (left > 0) {
    users.set(key, left);
    return;
  }
  users.delete(key);
  await endUnused();
}

async function endUnused(): Promise<void> {
  await Promise.all([...threads].filter(({ job, key }) => job === null && !users.has(key)).map(end));
}

function dispatch(): void {
  for (let job = waiting[0]; job !== undefined; job = waiting[0]) {
    const thread = threadFor(job);
    if (thread === null) return;
    waiting.shift();
    thread.job = job;
    thread.worker.ref();
    thread.worker.postMessage({ image: job.image } satisfies WorkerJob);
  }
}

/** An idle thread with the right models, or a new one, in the place of another's if need be; null while all work. */
function threadFor({ models }: Job): Thread | null {
  const key = keyOf(models);
  const idle = [...threads].filter(({ job }) => job === null);
  const fitting = idle.find((thread) => thread.key === key);
  if (fitting !== undefined) return fitting;
  if (threads.size >= MOST_WORKERS) {
    const other = idle[0];
    if (other === undefined) return null;
    void end(other);
  }
  return start(models, key);
}

function keyOf(models: readonly Model[]): string {
  return models.map(({ file }) => file).join('\n');
}

function start(models: readonly Model[], key: string): Thread {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    name: 'guestwright-ocr',
    workerData: { models: [...models] } satisfies WorkerSetup,
    // What tesseract prints is not for the user's terminal. It is little; reading these streams would hold the process.
    stdin: false,
    stdout: true,
    stderr: true,
  });
  const thread: Thread = { worker, key, job: null };
  threads.add(thread);
  worker.on('message', (answer: WorkerAnswer) => {
    const { job } = thread;
    thread.job = null;
    worker.unref();
    if (answer.kind === 'read') job?.resolve(answer.words);
    else {
      job?.reject(failed(answer.message));
      // What failed once may have left tesseract in any state.
      void end(thread);
    }
    dispatch();
    void endUnused();
  });
  worker.on('error', (error) => lose(thread, error.stack ?? error.message));
  worker.on('exit', (code) => lose(thread, `its thread ended with code ${code}`));
  return thread;
}

/** A thread that ended by itself takes only its own job along. */
function lose(thread: Thread, why: string): void {
  if (!threads.delete(thread)) return;
  thread.job?.reject(failed(why));
  thread.job = null;
  dispatch();
}

async function end(thread: Thread): Promise<void> {
  threads.delete(thread);
  await thread.worker.terminate();
}

function failed(seen: string): GuestwrightError {
  return new GuestwrightError('Text recognition failed', {
    kind: 'infrastructure',
    code: 'ocr-failed',
    seen,
    next: 'run npx guestwright doctor; when the packages are damaged, npm ci',
  });
}
