/** Calls a host's API, typed by its contract. */
import WebSocket from 'ws';
import type { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { failureSchema, revived } from '../machines/told-failure.js';
import { CONTRACTS, type CallName, type Contract, type Contracts, type taskSchema } from './contract.js';

type Input<C, K extends string> = C extends Record<K, infer S extends z.ZodType> ? Record<K, z.input<S>> : unknown;
/** Everything in a query has a default. */
type Query<C> = C extends Record<'query', infer S extends z.ZodType> ? { query?: z.input<S> } : unknown;
export type CallOf<N extends CallName> = Input<Contracts[N], 'params'> &
  Query<Contracts[N]> &
  Input<Contracts[N], 'body'>;
export type ResultOf<N extends CallName> = z.output<Contracts[N]['result']>;

interface AnyCall {
  params?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
}

export type HostTask = z.output<typeof taskSchema>;

export class HostClient {
  readonly url: string;
  readonly #token: string;

  /** @param url `http://127.0.0.1:8500` */
  constructor(url: string, token: string) {
    this.url = url.replace(/\/$/, '');
    this.#token = token;
  }

  /** @throws GuestwrightError as the host says; `infrastructure/host-unreachable`, `infrastructure/host-answer-invalid` */
  async call<N extends CallName>(name: N, given: CallOf<N>): Promise<ResultOf<N>> {
    const contract: Contract = CONTRACTS[name];
    const { params = {}, query = {}, body } = given as AnyCall;
    const path = contract.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
    const url = new URL(`${this.url}/api/v1${path}`);
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const answer = await this.#fetch(url, contract.method, body);
    const value: unknown = await answer.json().catch(() => null);
    if (!answer.ok) throw failureOf(value, answer.status);
    const read = contract.result.safeParse(value);
    if (!read.success) throw answerInvalid(this.url, read.error.message);
    return read.data as ResultOf<N>;
  }

  /** Until it has ended. @throws GuestwrightError what it failed of */
  async finish(task: HostTask, onProgress: (task: HostTask) => void = () => undefined): Promise<void> {
    let now = task;
    while (now.state === 'running') {
      now = await this.call('describeTask', { params: { task: task.id }, query: { wait: 2 } });
      onProgress(now);
    }
    if (now.failure !== null) throw failureOf(now.failure, 500);
  }

  /** Opens one of the host's WebSockets. @param path below `/api/v1`. @throws GuestwrightError `infrastructure/host-unreachable` */
  async socket(path: string): Promise<WebSocket> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const socket = new WebSocket(`${this.url.replace(/^http/, 'ws')}/api/v1${path}`, { headers });
    return await new Promise((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      socket.once('error', (error) => reject(unreachable(this.url, error.message)));
    });
  }

  async #fetch(url: URL, method: string, body: unknown): Promise<Response> {
    try {
      return await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
      });
    } catch (error) {
      const { cause } = error as Error;
      throw unreachable(this.url, cause instanceof Error ? cause.message : String(error));
    }
  }
}

function failureOf(value: unknown, status: number): GuestwrightError {
  const told = failureSchema.safeParse(value);
  if (told.success) return revived(told.data);
  return new GuestwrightError('The host answered with an error', {
    kind: 'infrastructure',
    code: 'host-answer-invalid',
    seen: `status ${status}`,
    next: 'see whether it is a Guestwright host of this release',
  });
}

function unreachable(url: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The host ${url} does not answer`, {
    kind: 'infrastructure',
    code: 'host-unreachable',
    expected: 'a host that listens there',
    seen,
    next: 'start it with: guestwright serve',
  });
}

function answerInvalid(url: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The host ${url} answered what this release does not understand`, {
    kind: 'infrastructure',
    code: 'host-answer-invalid',
    seen,
    next: 'use the same release on both sides',
  });
}
