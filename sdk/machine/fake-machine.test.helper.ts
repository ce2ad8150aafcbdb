/**
 * A machine in memory for unit tests: guest time on a grid of 10 ms, devices that a scripted guest reads at every step.
 * What is tested with it is what users see; how an engine does it is tested with engines.
 */
import type { Answers, Capabilities, GuestTime, Input, PowerState, Question, StopReason } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import type { KeyCode } from '../input/keycodes.js';
import type { TextContent } from '../screen/content.js';
import type { MachinePort } from './port.js';
import { parseSpec, type MachineSpecInput } from './spec.js';
import type { Action, Clock, Timeouts, WaitRequest } from './types.js';

export const GRID = 10;

/** What a scripted guest does; everything is optional. */
export interface FakeGuest {
  onKey?: (code: KeyCode, down: boolean, machine: FakeMachine) => void;
  onSerial?: (data: Uint8Array, port: number, machine: FakeMachine) => void;
  onPointer?: (action: Extract<Input, { kind: 'pointer' }>['action'], machine: FakeMachine) => void;
}

export class FakeMachine implements MachinePort {
  readonly spec;
  readonly timeouts: Timeouts = { boot: 5000, expect: 1000, guard: 10_000 };
  readonly capabilities: Capabilities = {
    determinism: 'bit-exact',
    clocks: ['stepped'],
    architectures: ['i386'],
    firmware: ['bios'],
    pointer: ['relative', 'absolute'],
    snapshots: true,
    migration: false,
    powerButton: true,
    serialPorts: 4,
  };
  readonly clock: Clock;
  readonly guest: FakeGuest;
  /** Top-level actions, as a report would show them. */
  readonly actions: Action[] = [];
  /** Every input with its guest time. */
  readonly inputs: { at: GuestTime; input: Input; secret: boolean }[] = [];
  /** Answers given, by question. */
  readonly asked = new Map<string, number>();
  power: PowerState = 'running';
  keyboardEnabled = true;
  /** The guest takes keys out of its controller. */
  readsKeyboard = true;
  pointerEnabled = true;
  pointerAbsolute = false;
  readsPointer = true;
  /** What the screen shows; replaced by `show`. */
  content: Answers['screen'] = textContent([]);
  screenVersion = 0;
  #now = 0;
  #depth = 0;
  #keys: { code: KeyCode; down: boolean }[] = [];
  #drained = 0;
  #packets: Extract<Input, { kind: 'pointer' }>['action'][] = [];
  #serial: Uint8Array[] = [];
  #due: { at: GuestTime; run: () => void }[] = [];

  constructor(guest: FakeGuest = {}, spec: MachineSpecInput = {}) {
    this.guest = guest;
    this.spec = parseSpec(spec);
    this.clock = new FakeClock(this);
  }

  get now(): GuestTime {
    return this.#now;
  }

  /** Keys in the controller. */
  get pendingKeys(): number {
    return this.#keys.length;
  }

  /** Runs something at a guest time. */
  at(ms: GuestTime, run: () => void): this {
    this.#due.push({ at: ms, run });
    return this;
  }

  /** The guest sends something on a serial port. */
  send(data: string | Uint8Array, port = 0): this {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    this.#serial[port] = Buffer.concat([this.#sent(port), bytes]);
    return this;
  }

  show(lines: readonly string[], cursor = { column: 0, row: 0 }): this {
    this.content = textContent(lines, cursor);
    this.screenVersion++;
    return this;
  }

  async input(input: Input, options: { secret?: boolean } = {}): Promise<{ at: GuestTime }> {
    if (this.power !== 'running') throw poweredOff(this.power);
    this.inputs.push({ at: this.#now, input, secret: options.secret === true });
    if (input.kind === 'key') this.#keys.push(input);
    if (input.kind === 'pointer') this.#packets.push(input.action);
    if (input.kind === 'serial') this.guest.onSerial?.(input.data, input.port, this);
    return { at: this.#now };
  }

  async observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]> {
    this.asked.set(question.kind, (this.asked.get(question.kind) ?? 0) + 1);
    return this.#answers(question)[question.kind]();
  }

  async act<T>(action: Action, run: () => Promise<T>): Promise<T> {
    if (this.#depth === 0) this.actions.push(action);
    this.#depth++;
    try {
      return await run();
    } finally {
      this.#depth--;
    }
  }

  /** One step of the grid. */
  step(): void {
    this.#now += GRID;
    for (const due of this.#due.filter(({ at }) => at <= this.#now)) due.run();
    this.#due = this.#due.filter(({ at }) => at > this.#now);
    if (this.readsKeyboard && this.#keys.length > 0) {
      for (const { code, down } of this.#keys.splice(0)) this.guest.onKey?.(code, down, this);
      this.#drained++;
    }
    if (this.readsPointer) for (const action of this.#packets.splice(0)) this.guest.onPointer?.(action, this);
  }

  /** Something that changes when what it names changes. */
  version(of: 'screen' | 'serial' | 'keyboard' | 'power'): string | number {
    switch (of) {
      case 'screen':
        return this.screenVersion;
      case 'serial':
        return this.#serial.map((sent) => sent.length).join();
      case 'keyboard':
        return this.#drained;
      case 'power':
        return this.power;
    }
  }

  #sent(port: number): Uint8Array {
    return this.#serial[port] ?? new Uint8Array();
  }

  #answers(question: Question): { [K in Question['kind']]: () => Answers[K] } {
    return {
      screen: () => this.content,
      serial: () => {
        if (question.kind !== 'serial') throw new Error('not asked');
        const sent = this.#sent(question.port);
        return { data: sent.slice(question.from), end: sent.length };
      },
      keyboard: () => ({ pending: this.#keys.length, enabled: this.keyboardEnabled }),
      pointer: () => ({ absolute: this.pointerAbsolute, enabled: this.pointerEnabled, pending: this.#packets.length }),
      power: () => ({ state: this.power, detail: null }),
      stateHash: () => ({ hash: '', parts: {} }),
    };
  }
}

class FakeClock implements Clock {
  readonly kind = 'stepped';
  readonly #machine: FakeMachine;

  constructor(machine: FakeMachine) {
    this.#machine = machine;
  }

  get now(): GuestTime {
    return this.#machine.now;
  }

  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    while (this.now < end) {
      if (this.#machine.power !== 'running') throw poweredOff(this.#machine.power);
      this.#machine.step();
    }
  }

  async untilChange(on: readonly StopReason[], ms: number): Promise<StopReason | 'limit'> {
    const end = this.now + ms;
    const before = on.map((what) => this.#machine.version(what));
    while (this.now < end) {
      if (this.#machine.power !== 'running') return 'power';
      this.#machine.step();
      const changed = on.find((what, i) => this.#machine.version(what) !== before[i]);
      if (changed !== undefined) return changed;
    }
    return 'limit';
  }

  async waitUntil<T>(request: WaitRequest<T>): Promise<T> {
    const start = this.now;
    const { timeout = this.#machine.timeouts.expect } = request;
    for (;;) {
      const value = await request.check();
      if (value !== undefined) return value;
      const before = request.on.map((what) => this.#machine.version(what)).join();
      do {
        if (this.#machine.power !== 'running' && request.survivesPowerOff !== true)
          throw poweredOff(this.#machine.power);
        if (this.now - start >= timeout) throw await this.#timedOut(request, this.now - start);
        this.#machine.step();
      } while (request.on.map((what) => this.#machine.version(what)).join() === before);
    }
  }

  async #timedOut<T>(request: WaitRequest<T>, waited: number): Promise<Error> {
    return (await request.onTimeout?.(waited)) ?? new Error(`timed out waiting for ${request.what}`);
  }
}

function poweredOff(state: PowerState): GuestwrightError {
  return new GuestwrightError(`The machine is ${state}`, { kind: 'guest', code: 'powered-off' });
}

/** An 80x25 text screen of ASCII lines, 9x16 cells. */
export function textContent(lines: readonly string[], cursor = { column: 0, row: 0 }, columns = 80): TextContent {
  const rows = 25;
  const cells = new Uint8Array(columns * rows * 2);
  for (let cell = 0; cell < columns * rows; cell++) {
    const line = lines[Math.floor(cell / columns)] ?? '';
    cells[cell * 2] = line.padEnd(columns).charCodeAt(cell % columns);
    cells[cell * 2 + 1] = 0x07;
  }
  return {
    kind: 'text',
    columns,
    rows,
    cells,
    cursor: { ...cursor, visible: true },
    font: { width: 9, height: 16, glyphs: new Uint8Array(256 * 32), lineGraphics: true },
    palette: Uint32Array.from({ length: 16 }, (_, index) => index * 0x111111),
    blink: true,
  };
}

/** The failure that a call gives; fails when it gives none. */
export async function failureOf(call: Promise<unknown>): Promise<GuestwrightError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof GuestwrightError) return error;
    throw error;
  }
  throw new Error('the call was expected to fail, and did not');
}
