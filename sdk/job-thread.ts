/** A thread that does jobs for this process, begun with the first one, and that keeps no process alive while it is idle. */
import { parentPort, Worker } from 'node:worker_threads';

interface Question<Job> {
  id: number;
  job: Job;
}
interface Answer {
  id: number;
  value: unknown;
  error: Error | null;
}
interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class JobThread<Job, Result> {
  readonly #script: URL;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #jobs = 0;

  /** @param script calls {@link answerJobs} */
  constructor(script: URL) {
    this.#script = script;
  }

  /** What the thread's function gives, or throws. Jobs are done one after the other. */
  async run(job: Job): Promise<Result> {
    const worker = (this.#thread ??= this.#start());
    const id = ++this.#jobs;
    try {
      return (await new Promise<unknown>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, job } satisfies Question<Job>);
      })) as Result;
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { execArgv: [] });
    worker.unref();
    worker.on('message', ({ id, value, error }: Answer) => {
      const one = this.#waiting.get(id);
      if (error === null) one?.resolve(value);
      else one?.reject(error);
    });
    const ended = (error: Error): void => {
      if (this.#thread === worker) this.#thread = null;
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    worker.once('error', ended);
    worker.once('exit', (code) => ended(new Error(`the thread ended with ${code}`)));
    return worker;
  }
}

/** In the thread: does every job with this function. Of an error its message, name and own plain fields arrive. */
export function answerJobs(work: (job: never) => unknown): void {
  parentPort?.on('message', ({ id, job }: Question<never>) => {
    let answer: Answer;
    try {
      answer = { id, value: work(job), error: null };
    } catch (error) {
      answer = { id, value: null, error: error instanceof Error ? error : new Error(String(error)) };
    }
    parentPort?.postMessage(answer);
  });
}
