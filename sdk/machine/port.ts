/**
 * What keyboard, pointer, serial console, shell and screen need of a machine: a small port, so that none of them knows
 * how a machine is made or which engine runs it. `machine.ts` fulfils it.
 */
import type { Answers, Capabilities, GuestTime, Input, Question } from '../engines/engine.js';
import type { MachineSpec } from './spec.js';
import type { Action, Clock, Timeouts } from './types.js';

export interface MachinePort {
  readonly spec: MachineSpec;
  readonly timeouts: Timeouts;
  readonly capabilities: Capabilities;
  readonly clock: Clock;
  /**
   * Gives the guest an input, now. The machine journals it.
   * @param options.secret the journal holds a reference in place of it, wherever it is shown or stored
   */
  input(input: Input, options?: { secret?: boolean }): Promise<{ at: GuestTime }>;
  /** What the guest shows now. Never changes anything. */
  observe<K extends Question['kind']>(question: Extract<Question, { kind: K }>): Promise<Answers[K]>;
  /**
   * Wraps every public call; `run` is called exactly once, at once. Calls made inside `run` (a locator's click uses the
   * pointer) do not make steps of their own.
   */
  act<T>(action: Action, run: () => Promise<T>): Promise<T>;
}
