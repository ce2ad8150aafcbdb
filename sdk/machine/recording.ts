/**
 * A machine whose dealings are written down: enough to do them again at the same guest instants, with another machine of
 * the same hardware. `guestwright verify` replays them in another process.
 */
import type {
  AdvanceRequest,
  AdvanceResult,
  Answers,
  Capabilities,
  EngineEvent,
  EngineMachine,
  EngineSnapshot,
  ForkContext,
  GuestTime,
  Hardware,
  Input,
  Memoised,
  Question,
} from '../engines/engine.js';

/** What happened, in order. Plain data that survives a structured clone. */
export type RecordedEvent =
  | { kind: 'start'; engine: string; hardware: Hardware; identity: string }
  | { kind: 'input'; at: GuestTime; input: Input }
  | { kind: 'save'; at: GuestTime; id: string }
  | { kind: 'restore'; at: GuestTime; id: string }
  /** A snapshot was stored in passing. */
  | { kind: 'stored'; at: GuestTime };

export class RecordedMachine implements EngineMachine {
  readonly #inner: EngineMachine;
  readonly #record: (event: RecordedEvent) => void;

  constructor(inner: EngineMachine, record: (event: RecordedEvent) => void) {
    this.#inner = inner;
    this.#record = record;
    inner.onEvent((event) => {
      if (event.kind === 'stored') record({ kind: 'stored', at: event.at });
    });
  }

  get capabilities(): Capabilities {
    return this.#inner.capabilities;
  }

  get description(): string | undefined {
    return this.#inner.description;
  }

  get memoised(): Memoised | undefined {
    return this.#inner.memoised;
  }

  get identity(): string {
    return this.#inner.identity;
  }

  get now(): GuestTime {
    return this.#inner.now;
  }

  async input(input: Input): Promise<{ at: GuestTime }> {
    const { at } = await this.#inner.input(input);
    this.#record({ kind: 'input', at, input });
    return { at };
  }

  async advance(request: AdvanceRequest): Promise<AdvanceResult> {
    return await this.#inner.advance(request);
  }

  async observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    return await this.#inner.observe<K>(question);
  }

  async save(): Promise<EngineSnapshot> {
    const snapshot = await this.#inner.save();
    this.#record({ kind: 'save', at: snapshot.time, id: snapshot.id });
    return snapshot;
  }

  async restore(id: string): Promise<void> {
    await this.#inner.restore(id);
    this.#record({ kind: 'restore', at: this.#inner.now, id });
  }

  /** A fork is another machine: its dealings are not written down. */
  async fork(id: string, context: ForkContext): Promise<EngineMachine> {
    if (this.#inner.fork === undefined) throw new Error('an engine whose machines cannot be forked');
    return await this.#inner.fork(id, context);
  }

  async forget(id: string): Promise<void> {
    await this.#inner.forget(id);
  }

  async exportSnapshot(id: string, file: string): Promise<void> {
    await this.#inner.exportSnapshot(id, file);
  }

  async importSnapshot(file: string): Promise<EngineSnapshot> {
    return await this.#inner.importSnapshot(file);
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    return this.#inner.onEvent(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}
