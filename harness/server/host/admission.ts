/** Whether a machine may begin to run on a host: what those that run take of its memory and its processors. */
import { hostedSpec } from '../machines/hosted-spec.js';
import { assertReservable, type CpuControl, type CpuReservation } from './cpu/cpu-control.js';
import type { HostMachine } from './host-machine.js';
import type { MachineRegistry } from './machine-registry.js';
import { assertFits, memoryOf, type MemoryUse } from './memory-budget.js';

export class Admission {
  readonly #machines: MachineRegistry;
  readonly #cpu: CpuControl;
  readonly #memoryBudget: number;
  /** Being started: they count as running. */
  readonly #starting = new Set<string>();

  /** @param memoryBudget bytes, of all machines together */
  constructor(machines: MachineRegistry, cpu: CpuControl, memoryBudget: number) {
    this.#machines = machines;
    this.#cpu = cpu;
    this.#memoryBudget = memoryBudget;
  }

  /**
   * Counts it from now on, whatever else is asked for.
   * @returns ends the counting; a machine that runs then counts as such
   * @throws GuestwrightError `usage/memory-budget`, `usage/cpu-cap-unsupported`, `usage/cpu-reservation`
   */
  admit(name: string, { config, folder }: HostMachine): () => void {
    assertFits({ name, bytes: memoryOf(hostedSpec(config.spec, folder)) }, this.memoryUse(), this.#memoryBudget);
    const { cpu } = config;
    if (cpu !== null) {
      this.#cpu.assertCan(name, cpu);
      assertReservable({ name, percent: cpu.reservation }, this.#reservations());
    }
    this.#starting.add(name);
    return () => this.#starting.delete(name);
  }

  memoryUse(): MemoryUse[] {
    return this.#counting().map(([name, { config, folder }]) => ({
      name,
      bytes: memoryOf(hostedSpec(config.spec, folder)),
    }));
  }

  #reservations(): CpuReservation[] {
    return this.#counting().flatMap(([name, { config }]) => {
      const percent = config.cpu?.reservation ?? 0;
      return percent === 0 ? [] : [{ name, percent }];
    });
  }

  /** Machines that run, those that are being started, and those that a kill has just stopped and that go on. */
  #counting(): [string, HostMachine][] {
    return [...this.#machines].filter(
      ([name, { isRunning, status }]) =>
        isRunning || this.#starting.has(name) || !['turned-off', 'saved', 'merging-disks'].includes(status.state),
    );
  }
}
