/** A machine's status while it runs: kept in its folder, and told to whoever listens. */
import type { MachineFolder } from '../machines/machine-folder.js';
import type { HostedState, MachineStatus } from '../machines/status.js';
import { isNoRoom } from './room.js';

export class StatusTeller {
  readonly #folder: MachineFolder;
  readonly #tell: (status: MachineStatus) => void;
  #status: MachineStatus;

  constructor(folder: MachineFolder, status: MachineStatus, tell: (status: MachineStatus) => void) {
    this.#folder = folder;
    this.#status = status;
    this.#tell = tell;
  }

  get status(): MachineStatus {
    return this.#status;
  }

  /** What the machine is about to do. @throws what writing it down failed of: it must not be done then */
  async say(state: HostedState, detail: string | null = null, more: Partial<MachineStatus> = {}): Promise<void> {
    const status = this.#next(state, detail, more);
    await this.#folder.writeStatus(status);
    this.#take(status);
  }

  /** What it is. That there is no room to write it down changes nothing of that; who finds it after a kill looks further. */
  async said(state: HostedState, detail: string | null = null, more: Partial<MachineStatus> = {}): Promise<void> {
    const status = this.#next(state, detail, more);
    this.#take(status);
    await this.#folder.writeStatus(status).catch((error: unknown) => {
      if (!isNoRoom(error)) throw error;
    });
  }

  /** For whoever finds it after a kill; who looks meanwhile sees what it was. */
  async note(state: HostedState, detail: string | null, more: Partial<MachineStatus>): Promise<void> {
    await this.#folder.writeStatus(this.#next(state, detail, more));
  }

  #next(state: HostedState, detail: string | null, more: Partial<MachineStatus>): MachineStatus {
    const since = state === this.#status.state ? this.#status.since : new Date().toISOString();
    return { ...this.#status, failure: null, ...more, state, since, detail };
  }

  #take(status: MachineStatus): void {
    this.#status = status;
    this.#tell(status);
  }
}
