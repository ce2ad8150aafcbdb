/**
 * A client of QEMU's machine protocol (QMP): commands with typed answers, events, and an end that everybody is told of.
 * The protocol is `docs/interop/qmp-spec` in QEMU's sources: one JSON object a line, each way.
 */
import type { Socket } from 'node:net';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';

/** Wall ms for one command. All that are used here answer within milliseconds: this is for a QEMU that hangs. */
const COMMAND_TIMEOUT_MS = 60_000;

const greeting = z.object({
  QMP: z.object({ version: z.object({ qemu: z.object({ major: z.int(), minor: z.int(), micro: z.int() }) }) }),
});
const success = z.object({ return: z.unknown(), id: z.int() });
const failure = z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.int().optional() });
const eventMessage = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()).default({}),
  timestamp: z.object({ seconds: z.number(), microseconds: z.number() }),
});
const message = z.union([success, failure, eventMessage, greeting]);

/** For commands whose answer says nothing. */
export const nothing = z.unknown();

export interface QmpEvent {
  /** `SHUTDOWN`, `RESET`, `STOP`, … */
  name: string;
  data: Readonly<Record<string, unknown>>;
}

interface Pending {
  command: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  guard: NodeJS.Timeout;
}

/**
 * Errors of `execute` are `infrastructure`: `qmp-error` (QEMU refused the command, in its own words), `qmp-timeout`,
 * `qmp-closed` (QEMU went away), `qmp-protocol` (what came is no QMP).
 */
export class QmpClient {
  /** Resolved once, with the reason, when the connection has ended for whatever reason. */
  readonly closed: Promise<GuestwrightError>;
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  #commands = 0;
  #rest = '';
  #ended: GuestwrightError | null = null;
  #greeted: () => void = () => undefined;
  #tellClosed: (reason: GuestwrightError) => void = () => undefined;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', (error) => this.#end(connectionLost(error.message)));
    socket.on('close', () => this.#end(connectionLost('the connection was closed')));
  }

  /** Waits for the greeting and leaves the negotiation, so that commands can be given. */
  static async open(socket: Socket, timeoutMs = COMMAND_TIMEOUT_MS): Promise<QmpClient> {
    const client = new QmpClient(socket, timeoutMs);
    const greeted = new Promise<null>((resolve) => (client.#greeted = () => resolve(null)));
    const guard = setTimeout(() => client.#end(timedOut('the greeting', timeoutMs)), timeoutMs);
    try {
      const ended = await Promise.race([greeted, client.closed]);
      if (ended !== null) throw ended;
      await client.execute('qmp_capabilities', {}, nothing);
      return client;
    } catch (error) {
      client.close();
      throw error;
    } finally {
      clearTimeout(guard);
    }
  }

  /** Gives a command and checks the shape of its answer. Commands given at once are carried out in their order. */
  async execute<T>(command: string, args: Readonly<Record<string, unknown>>, answer: z.ZodType<T>): Promise<T> {
    const value = await this.#call(command, args);
    const parsed = answer.safeParse(value);
    if (parsed.success) return parsed.data;
    throw protocolBroken(`the answer to ${command}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
  }

  /** A command of the human monitor, for what QMP has no command for: gives its text. */
  async human(commandLine: string): Promise<string> {
    return await this.execute('human-monitor-command', { 'command-line': commandLine }, z.string());
  }

  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next event of this name. @throws when the connection ends before, or it does not come in time */
  async nextEvent(name: string): Promise<QmpEvent> {
    let forget = (): void => undefined;
    const event = new Promise<QmpEvent>((resolve) => {
      forget = this.onEvent((seen) => {
        if (seen.name === name) resolve(seen);
      });
    });
    const guard = setTimeout(
      () => this.#end(timedOut(`what leads to the event ${name}`, this.#timeoutMs)),
      this.#timeoutMs,
    );
    try {
      const seen = await Promise.race([event, this.closed]);
      if (seen instanceof GuestwrightError) throw seen;
      return seen;
    } finally {
      clearTimeout(guard);
      forget();
    }
  }

  /** Ends the connection; open commands fail. */
  close(): void {
    this.#end(connectionLost('the connection was closed on this side'));
    this.#socket.destroy();
  }

  async #call(command: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#ended !== null) throw this.#ended;
    const id = ++this.#commands;
    return await new Promise((resolve, reject) => {
      const guard = setTimeout(() => this.#end(timedOut(command, this.#timeoutMs)), this.#timeoutMs);
      this.#pending.set(id, { command, resolve, reject, guard });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#handle(line);
  }

  #handle(line: string): void {
    const parsed = message.safeParse(parseJson(line));
    if (!parsed.success) {
      this.#end(protocolBroken(line.slice(0, 200)));
      return;
    }
    const { data } = parsed;
    if ('event' in data) for (const listener of this.#listeners) listener({ name: data.event, data: data.data });
    else if ('QMP' in data) this.#greeted();
    else if ('error' in data) this.#refused(data);
    else this.#take(data.id)?.resolve(data.return);
  }

  #refused({ error, id }: z.output<typeof failure>): void {
    const pending = id === undefined ? undefined : this.#take(id);
    // An error without a command is about what was sent as a whole.
    if (pending === undefined) this.#end(protocolBroken(`${error.class}: ${error.desc}`));
    else pending.reject(refused(pending.command, error));
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.guard);
    return pending;
  }

  #end(reason: GuestwrightError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    const failed = [...this.#pending.values()];
    this.#pending.clear();
    for (const { guard, reject } of failed) {
      clearTimeout(guard);
      reject(reason);
    }
    this.#socket.destroy();
    this.#tellClosed(reason);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(command: string, error: { class: string; desc: string }): GuestwrightError {
  return new GuestwrightError(`QEMU refused the command ${command}`, {
    kind: 'infrastructure',
    code: 'qmp-error',
    seen: `${error.desc} (${error.class})`,
    next: 'a QEMU that is much older or newer than 7.2 may differ here: report its version with this message',
  });
}

function timedOut(what: string, ms: number): GuestwrightError {
  return new GuestwrightError('QEMU does not answer', {
    kind: 'infrastructure',
    code: 'qmp-timeout',
    expected: `an answer to ${what} within ${ms} ms of wall time`,
    seen: 'none',
    next: 'look at what keeps this host busy; QEMU itself hangs if it happens on an idle one',
  });
}

function connectionLost(seen: string): GuestwrightError {
  return new GuestwrightError('The connection to QEMU has ended', {
    kind: 'infrastructure',
    code: 'qmp-closed',
    seen,
  });
}

function protocolBroken(seen: string): GuestwrightError {
  return new GuestwrightError('QEMU said something that is not understood', {
    kind: 'infrastructure',
    code: 'qmp-protocol',
    expected: 'messages of QMP, each a line of JSON',
    seen,
  });
}
