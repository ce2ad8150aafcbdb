/** One host as the page knows it: its machines, tasks and events, kept up to date by its stream of events. */
import type { CallOf, ResultOf } from '../../../server/api/client.js';
import {
  callHost,
  CallFailed,
  request,
  wordsOf,
  type HostEvent,
  type MachineSummary,
  type PageCall,
  type Task,
} from './api.js';

export type Link =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** It is tried again. */
  | { kind: 'lost'; why: string }
  /** The token is void: somebody has to sign in anew. */
  | { kind: 'refused'; why: string };

export interface HostView {
  link: Link;
  machines: readonly MachineSummary[];
  tasks: readonly Task[];
  /** Oldest first. */
  events: readonly HostEvent[];
}

/** Events that the page keeps. */
const KEPT_EVENTS = 1000;
/** Wall ms before a host that is gone is tried again: first, and at most. */
const RETRY = { soonest: 1000, latest: 15_000 };
/** Wall ms between two looks at tasks while some run. */
const TASKS_EVERY_MS = 700;

export class HostSession {
  readonly url: string;
  readonly #token: string;
  readonly #listeners = new Set<() => void>();
  #view: HostView = { link: { kind: 'connecting' }, machines: [], tasks: [], events: [] };
  #socket: WebSocket | null = null;
  #retry = RETRY.soonest;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #tasksTimer: ReturnType<typeof setTimeout> | null = null;
  #refreshing: Promise<void> | null = null;
  #isStale = false;
  #isClosed = false;

  /** @param url `https://build.example:8443`, without a slash at its end */
  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  get view(): HostView {
    return this.#view;
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async call<N extends PageCall>(name: N, given: CallOf<N>, signal?: AbortSignal): Promise<ResultOf<N>> {
    try {
      return await callHost({ url: this.url, token: this.#token }, name, given, signal);
    } catch (error) {
      if (error instanceof CallFailed && error.status === 401) this.#refused(error.message);
      throw error;
    }
  }

  /** For calls that the page makes of its own, such as those of who is signed in. */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    return await request(this.url, { method, path, token: this.#token, body });
  }

  /** Begins a task, and resolves when it has ended. @throws CallFailed what it failed of */
  async finish(begun: Promise<Task>): Promise<void> {
    let task = await begun;
    this.refresh();
    while (task.state === 'running') {
      task = await this.call('describeTask', { params: { task: task.id }, query: { wait: 20 } });
    }
    this.refresh();
    if (task.state === 'failed')
      throw new CallFailed(500, task.failure?.code ?? 'failed', task.failure?.message ?? 'failed');
  }

  /**
   * A WebSocket of the host: a page cannot send headers with one, so that a ticket that is good once stands for the token.
   * @param path below `/api/v1`
   */
  async socket(path: string): Promise<WebSocket> {
    return new WebSocket(await this.socketAddress(path));
  }

  async socketAddress(path: string): Promise<string> {
    const { ticket } = await this.call('makeTicket', {});
    const and = path.includes('?') ? '&' : '?';
    return `${this.url.replace(/^http/, 'ws')}/api/v1${path}${and}ticket=${encodeURIComponent(ticket)}`;
  }

  open(): void {
    void this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#tasksTimer !== null) clearTimeout(this.#tasksTimer);
    this.#socket?.close();
  }

  async #connect(): Promise<void> {
    try {
      const socket = await this.socket('/events/stream');
      if (this.#isClosed) {
        socket.close();
        return;
      }
      this.#socket = socket;
      socket.onopen = () => {
        this.#retry = RETRY.soonest;
        void this.#begin();
      };
      socket.onmessage = ({ data }: MessageEvent<string>) => this.#heard(JSON.parse(data) as HostEvent);
      socket.onclose = ({ code }) => this.#lost(`The connection has ended (${code}).`);
    } catch (error) {
      if (error instanceof CallFailed && error.status === 401) this.#refused(error.message);
      else this.#lost(wordsOf(error));
    }
  }

  /** What happened before is asked for when what happens is heard already: nothing falls in between. */
  async #begin(): Promise<void> {
    try {
      const events = await this.call('searchEvents', { query: { limit: 300 } });
      this.#take({ events: merged(events, this.#view.events), link: { kind: 'live' } });
      this.refresh();
    } catch (error) {
      if (this.#view.link.kind !== 'refused') this.#lost(wordsOf(error));
    }
  }

  #heard(event: HostEvent): void {
    this.#take({ events: merged(this.#view.events, [event]) });
    this.refresh();
  }

  /** One refresh at a time, and one more for all that happened meanwhile. */
  refresh(): void {
    this.#isStale = true;
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
  }

  async #refresh(): Promise<void> {
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      try {
        const [machines, tasks] = await Promise.all([this.call('listMachines', {}), this.call('listTasks', {})]);
        this.#take({ machines, tasks });
      } catch {
        // The stream of events ends as well, and says so.
        return;
      }
    }
    this.#watchTasks();
  }

  /** Progress is in no event. */
  #watchTasks(): void {
    if (this.#tasksTimer !== null) clearTimeout(this.#tasksTimer);
    this.#tasksTimer = null;
    if (this.#isClosed || !this.#view.tasks.some(({ state }) => state === 'running')) return;
    this.#tasksTimer = setTimeout(() => this.refresh(), TASKS_EVERY_MS);
  }

  #refused(why: string): void {
    this.#take({ link: { kind: 'refused', why } });
    this.close();
  }

  #lost(why: string): void {
    if (this.#isClosed) return;
    this.#socket = null;
    this.#take({ link: { kind: 'lost', why } });
    this.#timer = setTimeout(() => void this.#connect(), this.#retry);
    this.#retry = Math.min(RETRY.latest, this.#retry * 2);
  }

  #take(change: Partial<HostView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function merged(before: readonly HostEvent[], more: readonly HostEvent[]): HostEvent[] {
  const last = before.at(-1)?.id ?? 0;
  return [...before, ...more.filter(({ id }) => id > last)].slice(-KEPT_EVENTS);
}
