/** Calls that take their time: begun at once, watched, cancelled. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { MachineStatus } from '../machines/status.js';
import { toldFailure } from '../machines/told-failure.js';

export interface Task {
  id: string;
  /** `start`, `save`, `clone`, … */
  kind: string;
  machine: string | null;
  by: string | null;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  /** 0 to 1; null: nobody knows. */
  progress: number | null;
  /** For people: what it is at. */
  step: string | null;
  started: string;
  ended: string | null;
  failure: MachineStatus['failure'];
}

export interface TaskWork {
  signal: AbortSignal;
  report: (progress: number | null, step?: string) => void;
}

/** Tasks that have ended are remembered, so many. */
const REMEMBERED = 200;

export class Tasks {
  readonly #tasks = new Map<string, { task: Task; abort: AbortController; ended: Promise<void> }>();
  readonly #onChange: (task: Task) => void;

  constructor(onChange: (task: Task) => void) {
    this.#onChange = onChange;
  }

  begin(about: Pick<Task, 'kind' | 'machine' | 'by'>, work: (work: TaskWork) => Promise<void>): Task {
    const task: Task = {
      ...about,
      id: randomUUID(),
      state: 'running',
      progress: null,
      step: null,
      started: new Date().toISOString(),
      ended: null,
      failure: null,
    };
    const abort = new AbortController();
    const report: TaskWork['report'] = (progress, step) => {
      task.progress = progress;
      task.step = step ?? task.step;
      this.#onChange({ ...task });
    };
    const end = (state: Task['state'], error?: unknown): void => {
      task.state = state;
      task.ended = new Date().toISOString();
      task.failure = error === undefined ? null : toldFailure(error);
      this.#onChange({ ...task });
      this.#forgetOld();
    };
    const ended = work({ signal: abort.signal, report }).then(
      () => end('done'),
      (error: unknown) => end(abort.signal.aborted ? 'cancelled' : 'failed', error),
    );
    this.#tasks.set(task.id, { task, abort, ended });
    this.#onChange({ ...task });
    return { ...task };
  }

  /** Those that run first, then the latest. */
  list(): Task[] {
    const all = [...this.#tasks.values()].map(({ task }) => ({ ...task })).reverse();
    return [...all.filter(({ state }) => state === 'running'), ...all.filter(({ state }) => state !== 'running')];
  }

  /** @throws GuestwrightError `usage/task-missing` */
  get(id: string): Task {
    return { ...this.#find(id).task };
  }

  /** Resolves when it has ended, however that was. */
  async ended(id: string): Promise<Task> {
    const { task, ended } = this.#find(id);
    await ended;
    return { ...task };
  }

  /** When it has ended, or so many ms have passed. */
  async endedWithin(id: string, ms: number): Promise<Task> {
    const { task, ended } = this.#find(id);
    const timer = new AbortController();
    // Whichever is first: a timer that nobody waits for any more is given up.
    await Promise.race([ended, setTimeout(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    return { ...task };
  }

  /** Asks it to end. Some steps cannot be given up half way: it ends after them. */
  cancel(id: string): Task {
    const { task, abort } = this.#find(id);
    abort.abort();
    return { ...task };
  }

  async allEnded(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map(async ({ ended }) => await ended));
  }

  #find(id: string): { task: Task; abort: AbortController; ended: Promise<void> } {
    return this.#tasks.get(id) ?? this.missing(id);
  }

  missing(id: string): never {
    throw new GuestwrightError(`There is no task ${id}`, {
      kind: 'usage',
      code: 'task-missing',
      expected: 'a task that runs, or one of the last that ended, since the daemon was started',
      seen: id,
    });
  }

  #forgetOld(): void {
    const ended = [...this.#tasks].filter(([, { task }]) => task.state !== 'running');
    for (const [id] of ended.slice(0, Math.max(0, ended.length - REMEMBERED))) this.#tasks.delete(id);
  }
}
