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
  report: (progress: number | null, step?: string) => void;
  /**
   * From now on the task can be cancelled, by this, which says whether it could still be; null: it cannot be any more. What
   * was cancelled then fails with {@link cancelled}, and has left nothing half done.
   */
  cancellable: (cancel: (() => Promise<boolean> | boolean) | null) => void;
}

interface Kept {
  task: Task;
  ended: Promise<void>;
  cancel: (() => Promise<boolean> | boolean) | null;
}

/** Tasks that have ended are remembered, so many. */
const REMEMBERED = 200;

export class Tasks {
  readonly #tasks = new Map<string, Kept>();
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
    const kept: Kept = { task, ended: Promise.resolve(), cancel: null };
    this.#tasks.set(task.id, kept);
    const cancellable: TaskWork['cancellable'] = (cancel) => {
      kept.cancel = cancel;
    };
    kept.ended = work({ report, cancellable }).then(
      () => end('done'),
      (error: unknown) =>
        end(error instanceof GuestwrightError && error.code === 'task-cancelled' ? 'cancelled' : 'failed', error),
    );
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

  /**
   * Ends it. What cannot be given up half way is done before: it has ended when its state says so.
   * @throws GuestwrightError `usage/task-not-cancellable`
   */
  async cancel(id: string): Promise<Task> {
    const kept = this.#find(id);
    const { task, cancel } = kept;
    if (task.state !== 'running' || cancel === null || !(await cancel())) throw notCancellable(task);
    return { ...task };
  }

  async allEnded(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map(async ({ ended }) => await ended));
  }

  #find(id: string): Kept {
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

/** What the work of a task that was cancelled fails with. */
export function cancelled(what: string): GuestwrightError {
  return new GuestwrightError(`${what} was cancelled`, {
    kind: 'usage',
    code: 'task-cancelled',
    seen: 'somebody cancelled the task; everything is as it was before',
  });
}

function notCancellable({ kind, machine, state }: Task): GuestwrightError {
  return new GuestwrightError(`${kind} of ${machine ?? 'the host'} cannot be cancelled`, {
    kind: 'usage',
    code: 'task-not-cancellable',
    expected: 'a start, save, snapshot, clone, or merging of disks, that is not about to end',
    seen: state === 'running' ? 'it is of another kind, or about to end' : `it is ${state}`,
    next: 'wait for it',
  });
}
