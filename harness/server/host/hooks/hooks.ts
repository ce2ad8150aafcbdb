/** The hooks of a host: events in, programs run, their ends in the log. */
import { join } from 'node:path';
import { GuestwrightError } from '../../../../sdk/errors.js';
import type { EventLog, HostEvent } from '../events.js';
import { isFor, readHooks, type Hook } from './config.js';
import { runHook, type HookEnd } from './run-hook.js';

/** Programs that run at the same time; the others wait. */
const AT_ONCE = 4;
/** Runs that wait; what comes beyond is left out, and the log says so. */
const QUEUE = 100;

export class Hooks implements AsyncDisposable {
  readonly #folder: string;
  readonly #events: EventLog;
  readonly #unfollow: () => void;
  readonly #end = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #queue: { hook: Hook; event: HostEvent }[] = [];
  #hooks: readonly Hook[];

  private constructor(folder: string, events: EventLog, hooks: readonly Hook[]) {
    this.#folder = folder;
    this.#events = events;
    this.#hooks = hooks;
    this.#unfollow = events.follow((event) => this.#take(event));
  }

  /** @throws GuestwrightError `usage/hooks-invalid`, `usage/hooks-unsafe` */
  static async open(folder: string, events: EventLog): Promise<Hooks> {
    return new Hooks(folder, events, await readHooks(join(folder, 'hooks.json')));
  }

  /** Those that run go on. Of a file that cannot be used the log tells, and the hooks stay as they were. */
  async reread(): Promise<void> {
    try {
      this.#hooks = await readHooks(join(this.#folder, 'hooks.json'));
      this.#note('hooks-read', null, `${this.#hooks.length} hooks`);
    } catch (error) {
      if (!(error instanceof GuestwrightError)) throw error;
      this.#note('hooks-refused', null, error.message);
    }
  }

  #take(event: HostEvent): void {
    for (const hook of this.#hooks) {
      if (!isFor(hook, event)) continue;
      if (this.#queue.length >= QUEUE)
        this.#note('hook-dropped', event, `${hook.name}: ${QUEUE} runs wait already`, hook);
      else this.#queue.push({ hook, event });
    }
    this.#next();
  }

  #next(): void {
    while (this.#running.size < AT_ONCE && !this.#end.signal.aborted) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      const run = this.#run(next.hook, next.event).finally(() => {
        this.#running.delete(run);
        this.#next();
      });
      this.#running.add(run);
    }
  }

  async #run(hook: Hook, event: HostEvent): Promise<void> {
    const end = await runHook(hook, event, this.#folder, this.#end.signal);
    this.#note('hook-ended', event, `for ${event.kind} (event ${event.id}): ${wordEnd(end, hook)}`, hook);
  }

  #note(kind: string, event: HostEvent | null, detail: string, hook?: Hook): void {
    this.#events.add({
      machine: event?.machine ?? null,
      kind,
      by: hook === undefined ? null : `hook ${hook.name}`,
      detail,
    });
  }

  /** Those that run are ended, those that wait are not begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unfollow();
    this.#end.abort();
    await Promise.all(this.#running);
  }
}

function wordEnd(end: HookEnd, { timeLimit }: Hook): string {
  if (end.outcome === 'not-started') return `it could not be started: ${end.why}`;
  const said = end.output.trim() === '' ? '' : `\n${end.output.trimEnd()}`;
  switch (end.outcome) {
    case 'exited':
      return `exit code ${end.exitCode} after ${end.ms} ms${said}`;
    case 'killed':
      return `ended by ${end.signal} after ${end.ms} ms${said}`;
    case 'too-long':
      return `ended, as it took longer than ${timeLimit} s${said}`;
    case 'called-off':
      return `ended with the daemon${said}`;
  }
}
