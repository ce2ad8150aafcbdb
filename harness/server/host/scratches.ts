/** Machines that a host makes for scenarios, and removes when these are over. */
import { GuestwrightError } from '../../../sdk/errors.js';
import { scratchName } from '../machines/scratch-name.js';
import { SnapshotFolder } from '../machines/snapshots.js';
import { freshStatus } from '../machines/status.js';
import { calls } from '../process/protocol.js';
import type { Asker } from './events.js';
import type { HostMachine } from './host-machine.js';
import type { MachineRegistry } from './machine-registry.js';
import { fillScratch, scratchConfig, type ScratchStart } from './scratch.js';
import type { Task } from './tasks.js';
import { Turns } from './turns.js';

interface ScratchesParts {
  machines: MachineRegistry;
  /** Starts a machine; resolves when its start is over. */
  start: (name: string, by: Asker) => Promise<Task>;
  note: (machine: string, kind: string, by: Asker, detail: string) => void;
}

export class Scratches {
  readonly #parts: ScratchesParts;
  readonly #copying = new Turns();

  constructor(parts: ScratchesParts) {
    this.#parts = parts;
  }

  /**
   * A copy that begins at a snapshot of the machine, or as that is now; it is started.
   * @throws GuestwrightError `usage/machine-unknown`, `usage/snapshot-missing`, `usage/machine-busy`, `usage/memory-budget`, and what its start failed of
   */
  async make(
    name: string,
    { snapshot, title }: { snapshot: string | null; title: string },
    by: Asker,
  ): Promise<HostMachine> {
    const { machines, start: startMachine, note } = this.#parts;
    const of = machines.get(name);
    const next = scratchName(name);
    const make = async (start: ScratchStart): Promise<void> =>
      await machines.add(next, async (folder) => {
        await folder.writeConfig(scratchConfig(of.config, of.folder, next, title));
        if (start.kind !== 'disks') await folder.writeStatus({ ...freshStatus(new Date()), state: 'saved' });
        await fillScratch(of.folder, folder, start);
      });
    // Scenarios that begin at the same moment wait for each other; of a snapshot any number can be made at once.
    if (snapshot !== null)
      await make({ kind: 'snapshot', id: (await new SnapshotFolder(of.folder.snapshots).find(snapshot)).id });
    else await this.#copying.run(name, async () => await this.#copyNow(of, title, make));
    note(name, 'scenario-began', by, `${title}, on ${next}`);
    try {
      const { failure } = await startMachine(next, by);
      if (failure !== null) throw GuestwrightError.revive(failure.message, failure);
    } catch (error) {
      await this.end(next, by);
      throw error;
    }
    return machines.get(next);
  }

  /** As the machine is at this moment. */
  async #copyNow(of: HostMachine, title: string, make: (start: ScratchStart) => Promise<void>): Promise<void> {
    await this.#parts.machines.exclusively(of.config.name, `being copied for ${title}`, async () => {
      if (!of.isRunning) {
        await make({ kind: of.status.state === 'saved' ? 'saved' : 'disks' });
        return;
      }
      const { id } = await of.connection.call(calls.snapshot, { name: `for ${title}`.slice(0, 200) });
      try {
        await make({ kind: 'snapshot', id });
      } finally {
        await of.connection.call(calls.removeSnapshot, { id });
      }
    });
  }

  /** Ends the machine of a scenario, and removes it; others stay. */
  async end(name: string, by: Asker): Promise<void> {
    const { machines, note } = this.#parts;
    const machine = machines.known(name);
    if (machine === null) return;
    const { scratch } = machine.config;
    if (scratch === undefined) return;
    await this.#copying.run(name, async () => {
      // Two may want its end.
      if (machines.known(name) !== machine) return;
      await machine.abandon();
      await machines.remove(name);
      note(scratch.of, 'scenario-ended', by, `${scratch.title}, on ${name}`);
    });
  }

  async allEnded(): Promise<void> {
    await this.#copying.allEnded();
  }
}
