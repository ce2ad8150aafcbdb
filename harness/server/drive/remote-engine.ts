/** The scenario's end of a drive: an engine's machine that is on a host. */
import { z } from 'zod';
import type {
  AdvanceRequest,
  AdvanceResult,
  Answers,
  Capabilities,
  EngineEvent,
  EngineMachine,
  EngineSnapshot,
  GuestTime,
  Input,
  Question,
} from '../../../sdk/engines/engine.js';
import { GuestwrightError } from '../../../sdk/errors.js';
import { decodeScreen, encodedScreen } from '../../../sdk/snapshots/screen-codec.js';
import type { DriveChannel } from './channel.js';
import type { Driven, DriveRequest, SentInput } from './requests.js';

const time = z.number().min(0);
const power = z.enum(['running', 'off', 'halted', 'crashed']);
const bytes = z.custom<Uint8Array>((data) => data instanceof Uint8Array);

/** A host is another machine: what it answers is looked at before it is believed. */
const answers = {
  at: z.object({ at: time }),
  advanced: z.object({
    now: time,
    reason: z.enum(['limit', 'screen', 'serial', 'keyboard', 'power']),
    power,
  }),
  snapshot: z.object({ id: z.string(), time, bytes: z.number() }),
  screen: z.string().transform((text, context) => {
    const read = encodedScreen.safeParse(jsonOf(text));
    if (read.success) return decodeScreen(read.data);
    context.addIssue({ code: 'custom', message: 'not a screen' });
    return z.NEVER;
  }),
  serial: z.object({ data: bytes, end: z.number() }),
  keyboard: z.object({ pending: z.number(), enabled: z.boolean() }),
  pointer: z.object({ absolute: z.boolean(), enabled: z.boolean(), pending: z.number() }),
  power: z.object({ state: power, detail: z.string().nullable() }),
  stateHash: z.object({ hash: z.string(), parts: z.record(z.string(), z.string()) }),
};

const event = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('power'), state: power, detail: z.string().nullable(), at: time }),
  z.object({ kind: z.literal('reset'), at: time }),
  z.object({ kind: z.literal('stored'), at: time }),
  z.object({
    kind: z.literal('stalled'),
    disk: z.number().nullable(),
    full: z.boolean(),
    detail: z.string(),
    at: time,
  }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);

export class RemoteEngine implements EngineMachine {
  readonly capabilities: Capabilities;
  readonly identity: string;
  readonly description: string;
  now: GuestTime;
  readonly #channel: DriveChannel;
  readonly #listeners = new Set<(event: EngineEvent) => void>();

  constructor(channel: DriveChannel, driven: Driven, host: string) {
    this.#channel = channel;
    this.capabilities = driven.capabilities;
    this.identity = driven.identity;
    this.description = `${driven.name} on ${host}${driven.description === null ? '' : `, ${driven.description}`}`;
    this.now = driven.now;
    channel.onEvent((value) => this.#emit(value));
    channel.onLost((error) => this.#tell({ kind: 'failed', error }));
  }

  #emit(value: unknown): void {
    const read = event.safeParse(value);
    if (!read.success) return;
    const { data } = read;
    if (data.kind !== 'failed') this.#tell(data);
    else this.#tell({ kind: 'failed', error: new Error(data.message) });
  }

  #tell(told: EngineEvent): void {
    for (const listener of this.#listeners) listener(told);
  }

  async #ask<S extends z.ZodType>(request: DriveRequest, schema: S): Promise<z.output<S>> {
    const { now, value } = await this.#channel.ask(request);
    this.now = now;
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    throw answerInvalid(request.call, read.error.message);
  }

  /** @throws GuestwrightError `usage/host-medium-refused`: the files of the scenario's computer are not the host's */
  async input(input: Input): Promise<{ at: GuestTime }> {
    return await this.#ask({ call: 'input', input: sentInput(input) }, answers.at);
  }

  async advance({ limit, stopOn }: AdvanceRequest): Promise<AdvanceResult> {
    return await this.#ask({ call: 'advance', limit, stopOn: [...stopOn] }, answers.advanced);
  }

  async observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]>;
  async observe(question: Question): Promise<Answers[Question['kind']]> {
    return await this.#ask({ call: 'observe', question }, answers[question.kind]);
  }

  async save(): Promise<EngineSnapshot> {
    return await this.#ask({ call: 'save' }, answers.snapshot);
  }

  async restore(id: string): Promise<void> {
    await this.#ask({ call: 'restore', id }, z.null());
  }

  async forget(id: string): Promise<void> {
    await this.#ask({ call: 'forget', id }, z.null());
  }

  exportSnapshot(): Promise<void> {
    return Promise.reject(stateRefused());
  }

  importSnapshot(): Promise<EngineSnapshot> {
    return Promise.reject(stateRefused());
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The host removes the scenario's machine then. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    await this.#channel.close();
  }
}

function sentInput(input: Input): SentInput {
  switch (input.kind) {
    case 'key':
    case 'pointer':
    case 'serial':
      return input;
    case 'clock':
      if (input.clock === 'stepped' || input.clock === 'paced') return { kind: 'clock', clock: input.clock };
      throw inputRefused(`the clock ${input.clock}`);
    case 'power': {
      if (input.action !== 'on') return { kind: 'power', action: input.action };
      const { floppies, cdrom } = input.media;
      if (floppies.some((floppy) => floppy !== null) || (cdrom ?? null) !== null) throw inputRefused('a medium');
      return { kind: 'power', action: 'on' };
    }
    case 'media':
    case 'network':
    case 'snapshot':
      throw inputRefused(input.kind === 'media' ? 'a medium' : `the input ${input.kind}`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function inputRefused(what: string): GuestwrightError {
  return new GuestwrightError(`A machine on a host cannot be given ${what} by a scenario`, {
    kind: 'usage',
    code: 'host-input-refused',
    expected: 'keys, pointer, ports and power; media are the host’s own',
    next: 'put media into its drives on the host: guestwright machine insert',
  });
}

function stateRefused(): GuestwrightError {
  return new GuestwrightError('The state of a machine on a host is not written to a file of this computer', {
    kind: 'usage',
    code: 'host-state-refused',
    expected: 'machine.snapshot() and revert() in the scenario, or a snapshot on the host',
    next: 'guestwright machine snapshot keeps a state on the host',
  });
}

function answerInvalid(call: string, seen: string): GuestwrightError {
  return new GuestwrightError(`The host's answer to ${call} is none that this release understands`, {
    kind: 'infrastructure',
    code: 'host-answer-invalid',
    seen,
    next: 'use the same release on both sides',
  });
}
