/** A WebSocket to a machine of a host that a scenario drives: numbered requests and their answers, events in between. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { fromJson, toJson } from '../bytes-json.js';
import { failureSchema, revived } from '../machines/told-failure.js';
import type { Driven, DriveRequest } from './requests.js';

const capabilities = z.object({
  determinism: z.enum(['bit-exact', 'recorded', 'none']),
  clocks: z.array(z.enum(['stepped', 'paced', 'free', 'virtual'])),
  architectures: z.array(z.enum(['x86_64', 'i386', 'aarch64', 'riscv64'])),
  firmware: z.array(z.enum(['bios', 'uefi'])),
  pointer: z.array(z.enum(['relative', 'absolute'])),
  snapshots: z.boolean(),
  migration: z.boolean(),
  powerButton: z.boolean(),
  serialPorts: z.number(),
});
const driven = z.object({
  name: z.string(),
  spec: z.record(z.string(), z.unknown()),
  engine: z.string(),
  capabilities,
  identity: z.string(),
  description: z.string().nullable(),
  now: z.number(),
  goesOn: z.boolean(),
}) satisfies z.ZodType<Driven>;

const message = z.union([
  z.object({ ready: driven }),
  z.object({ step: z.string() }),
  z.object({ refused: failureSchema }),
  z.object({ id: z.number(), now: z.number(), value: z.unknown() }),
  z.object({ id: z.number(), failure: failureSchema }),
  z.object({ event: z.unknown() }),
]);

interface Pending {
  resolve: (answer: { now: number; value: unknown }) => void;
  reject: (error: Error) => void;
}

export interface ChannelOptions {
  /** `ws://…/drive?…` */
  url: string;
  token: string;
  /** What the host is at while it makes the machine. */
  onStep?: (step: string) => void;
}

export class DriveChannel {
  readonly driven: Driven;
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #events = new Set<(event: unknown) => void>();
  readonly #lost = new Set<(error: Error) => void>();
  #requests = 0;
  #ended: Error | null = null;

  private constructor(socket: WebSocket, machine: Driven) {
    this.#socket = socket;
    this.driven = machine;
    socket.on('message', (data) => this.#receive(textOf(data)));
    socket.on('close', (code, reason) => this.#end(lost(`the connection ended (${code} ${reason.toString()})`.trim())));
  }

  /** When the machine runs. @throws GuestwrightError as the host says; `infrastructure/host-unreachable` */
  static async open({ url, token, onStep = () => undefined }: ChannelOptions): Promise<DriveChannel> {
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, maxPayload: 256 * 2 ** 20 });
    try {
      const machine = await taken(socket, onStep);
      // What fails from now on ends it, which is told.
      socket.on('error', () => socket.terminate());
      return new DriveChannel(socket, machine);
    } catch (error) {
      socket.on('error', () => undefined);
      socket.terminate();
      throw error;
    }
  }

  async ask(request: DriveRequest): Promise<{ now: number; value: unknown }> {
    if (this.#ended !== null) throw this.#ended;
    const id = ++this.#requests;
    return await new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#socket.send(toJson({ id, request }));
    });
  }

  onEvent(listener: (event: unknown) => void): void {
    this.#events.add(listener);
  }

  onLost(listener: (error: Error) => void): void {
    this.#lost.add(listener);
  }

  #receive(text: string): void {
    const told = message.safeParse(parsed(text));
    if (!told.success) return;
    const { data } = told;
    if ('event' in data) for (const listener of this.#events) listener(data.event);
    if (!('id' in data)) return;
    const pending = this.#pending.get(data.id);
    this.#pending.delete(data.id);
    if ('failure' in data) pending?.reject(revived(data.failure));
    else pending?.resolve({ now: data.now, value: data.value });
  }

  #end(reason: Error): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    for (const listener of this.#lost) listener(reason);
  }

  /** Resolves when the host has removed the machine, or is not there any more. */
  async close(): Promise<void> {
    this.#lost.clear();
    this.#end(disposed());
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

/** Waits for the first word of the host. */
async function taken(socket: WebSocket, onStep: (step: string) => void): Promise<Driven> {
  return await new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(unreachable(socket.url, error.message)));
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const told = failureSchema.safeParse(parsed(text));
        reject(told.success ? revived(told.data) : unreachable(socket.url, `status ${response.statusCode ?? '?'}`));
      });
    });
    socket.once('close', (code) => reject(unreachable(socket.url, `it closed the connection (${code})`)));
    const listen = (data: WebSocket.RawData): void => {
      const told = message.safeParse(parsed(textOf(data)));
      if (!told.success) {
        reject(unreachable(socket.url, 'it says what this release does not understand'));
        return;
      }
      if ('step' in told.data) {
        onStep(told.data.step);
        return;
      }
      socket.off('message', listen);
      if ('ready' in told.data) {
        socket.removeAllListeners('close');
        socket.removeAllListeners('error');
        resolve(told.data.ready);
      } else if ('refused' in told.data) reject(revived(told.data.refused));
    };
    socket.on('message', listen);
  });
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}

function parsed(text: string): unknown {
  try {
    return fromJson(text);
  } catch {
    return null;
  }
}

function lost(seen: string): GuestwrightError {
  return new GuestwrightError('The host of the machine is gone', {
    kind: 'infrastructure',
    code: 'host-lost',
    expected: 'a host that keeps the machine until the scenario ends',
    seen,
    next: 'see the event log of the host: guestwright machine events',
  });
}

function disposed(): GuestwrightError {
  return new GuestwrightError('The machine has been disposed', {
    kind: 'usage',
    code: 'machine-disposed',
    next: 'await every call on the machine before its test or its owner ends',
  });
}

function unreachable(url: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The host at ${new URL(url).origin} does not give its machine`, {
    kind: 'infrastructure',
    code: 'host-unreachable',
    expected: 'a host that listens there',
    seen,
    next: 'start it with: guestwright serve',
  });
}
