/** A machine as its host sees it: its folder, and the process that runs it when it runs. */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { RequestType } from 'vscode-jsonrpc';
import { changed, lockHolder, lockReleased, tryLock } from '../../../sdk/lock.js';
import { GuestwrightError } from '../../../sdk/errors.js';
import { shutdownUnanswered } from '../../../sdk/machine/shutdown.js';
import type { MachineConfig } from '../machines/config.js';
import type { MachineFolder } from '../machines/machine-folder.js';
import { canMerge, MANY_LAYERS, mostLayers, sealDisks, type MergeReason } from '../machines/disk-layers.js';
import { hostedSpec, isBitExact } from '../machines/hosted-spec.js';
import { settle } from '../machines/settle.js';
import { linkFile, SnapshotFolder } from '../machines/snapshots.js';
import { assertChanges, commitChanges, discardChanges, hasChanges } from '../machines/undo.js';
import type { HeartbeatState, MachineStatus } from '../machines/status.js';
import { MachineConnection, startProcess } from '../process/connection.js';
import { calls, type ToldFailure } from '../process/protocol.js';
import { socketOf } from '../process/socket.js';
import { mergeForTask, wordManyLayers, type MergeWork } from './merging.js';
import { inUse, notRunning, running } from './refusals.js';
import { cancelled, type TaskWork } from './tasks.js';

export interface HostMachineListener {
  onStatus: (status: MachineStatus) => void;
  onEvent: (kind: string, detail: string | null, by: string | null) => void;
  /** Its process has been reached; it may have run for a while. */
  onProcess: (config: MachineConfig, pid: number) => void;
  /** Nothing of its process is there any more. */
  onEnded: () => void;
  /** And what it has left is in order. */
  onSettled: () => void;
}

/** By what has happened to its machine. */
const HEARTBEAT_AFTER: Readonly<Record<string, HeartbeatState>> = {
  heartbeat: 'ok',
  'heartbeat-stopped': 'stopped',
  reset: 'none',
};

export class HostMachine {
  readonly folder: MachineFolder;
  readonly #listener: HostMachineListener;
  #config: MachineConfig;
  #status: MachineStatus;
  #connection: MachineConnection | null = null;
  #pid: number | null = null;
  #heartbeat: HeartbeatState = 'none';
  readonly #waiting = new Set<() => void>();
  readonly #drivers = new Set<(event: string) => void>();
  /** What is done after its process has ended. */
  #ending: Promise<void> = Promise.resolve();
  /** The part of it that does something with the folder. */
  #settling: Promise<void> = Promise.resolve();
  #isLeft = false;
  /** The merging of its disks was cut short by a kill. */
  #wasMerging = false;

  private constructor(
    folder: MachineFolder,
    config: MachineConfig,
    status: MachineStatus,
    listener: HostMachineListener,
  ) {
    this.folder = folder;
    this.#config = config;
    this.#status = status;
    this.#listener = listener;
  }

  /** Finds out what is true of it; one that was killed and can be rebuilt runs again when this resolves. */
  static async open(folder: MachineFolder, listener: HostMachineListener): Promise<HostMachine> {
    const machine = new HostMachine(folder, await folder.readConfig(), await folder.readStatus(), listener);
    if (!(await machine.#reach())) await machine.#settle();
    return machine;
  }

  get config(): MachineConfig {
    return this.#config;
  }

  get status(): MachineStatus {
    return this.#status;
  }

  /** Whether its guest's agent answers. */
  get heartbeat(): HeartbeatState {
    return this.#heartbeat;
  }

  get isRunning(): boolean {
    return this.#connection !== null;
  }

  /** @throws GuestwrightError `usage/machine-not-running` */
  get connection(): MachineConnection {
    if (this.#connection !== null) return this.#connection;
    throw notRunning(this.#config.name, this.#status.state);
  }

  /** @throws GuestwrightError `usage/machine-not-running` */
  assertRunning(): void {
    if (this.#connection === null) throw notRunning(this.#config.name, this.#status.state);
  }

  /** @throws GuestwrightError `usage/machine-running` */
  assertOff(): void {
    if (this.#connection !== null) throw running(this.#config.name, this.#status.state);
  }

  async changeConfig(change: (config: MachineConfig) => MachineConfig): Promise<void> {
    const next = change(this.#config);
    await this.folder.writeConfig(next);
    this.#config = next;
  }

  /**
   * Switches it on, or goes on where it was saved.
   * @throws GuestwrightError `usage/machine-running`, `usage/task-cancelled`, and what its start failed of
   */
  async start(work?: TaskWork): Promise<void> {
    this.assertOff();
    const called = { off: false };
    work?.cancellable(async () => {
      called.off = true;
      return this.#connection === null || (await this.cancel());
    });
    const started = await startProcess(this.folder);
    // It may also have ended at once because another runs the machine, which a daemon before this one has started.
    if (started.outcome === 'listens' ? await this.#connect() : await this.#reach()) {
      if (called.off) await this.cancel();
      await this.#begun();
    }
    work?.cancellable(null);
    // One that did not come up is gone as a whole when that is said.
    if (!this.isRunning) {
      await this.#ending;
      await lockReleased(this.folder.lease);
    }
    this.#status = await this.#readStatus();
    const { failure, state } = this.#status;
    if (failure?.code === 'task-cancelled') throw cancelled(`The start of ${this.#config.name}`);
    if (failure !== null) throw startFailed(this.#config.name, failure.message, this.folder.processLog);
    if (this.#connection === null && state !== 'turned-off') {
      throw startFailed(this.#config.name, `its process ended while it was ${state}`, this.folder.processLog);
    }
  }

  /** Whether what its process is doing could still be given up. */
  async cancel(): Promise<boolean> {
    try {
      return (await this.#connection?.call(calls.cancel)) === true;
    } catch (error) {
      if (error instanceof GuestwrightError && error.code === 'machine-process-ended') return false;
      throw error;
    }
  }

  /** The process that runs it; null: none does. */
  get pid(): number | null {
    return this.#connection === null ? null : this.#pid;
  }

  /** Of a machine that is saved. */
  async discardState(): Promise<void> {
    await this.#withLease(async () => {
      await this.#say({ state: 'turned-off', detail: 'Its saved state was discarded.' });
      await rm(this.folder.savedState, { force: true });
    });
  }

  /** Of a machine of QEMU that is off: its disks are not written in place any more, nor those to go back to. */
  async seal(): Promise<void> {
    await this.#withLease(async () => {
      await sealDisks(this.folder.disks);
      await sealDisks(this.folder.undo);
    });
  }

  /** Of a machine that is off. @throws GuestwrightError `usage/changes-missing` */
  async discardChanges(): Promise<void> {
    await this.#withLease(async () => {
      await assertChanges(this.#config.name, this.folder);
      await discardChanges(this.folder);
    });
  }

  /** Of a machine that is off. @throws GuestwrightError `usage/changes-missing`, `usage/task-cancelled`: they are committed */
  async commitChanges(work: MergeWork, onCommitted: () => void): Promise<void> {
    const { name, spec } = this.#config;
    await this.#withLease(async () => {
      await assertChanges(name, this.folder);
      const commit = async (): Promise<void> => {
        await commitChanges(this.folder);
        onCommitted();
      };
      if (isBitExact(hostedSpec(spec, this.folder).engine)) await commit();
      else await this.#merge('last', work, commit);
    });
  }

  /**
   * Merges what was written last into what is below it where that is to be, by its settings or because it was cut short.
   * @throws GuestwrightError `usage/task-cancelled`
   */
  async mergeLast(work: MergeWork): Promise<void> {
    if (await this.wantsMerge()) await this.#withLease(async () => await this.#merge('last', work));
  }

  async wantsMerge(): Promise<boolean> {
    const { undo, scratch } = this.#config;
    const isDue = this.#wasMerging || (undo === 'commit' && scratch === undefined);
    return isDue && (await this.#canMerge('last'));
  }

  /** Makes disks of many layers ones of fewer; where others need those, the log says so. @throws GuestwrightError `usage/task-cancelled` */
  async shortenDisks(work: MergeWork): Promise<void> {
    if (await this.#canMerge('many')) await this.#withLease(async () => await this.#merge('many', work));
    const layers = await mostLayers(this.folder.disks);
    if (layers > MANY_LAYERS) this.#listener.onEvent('many-layers', wordManyLayers(layers), null);
  }

  /** Not while there is something to go back to: that what is being merged is committed must hold. */
  async #canMerge(reason: MergeReason): Promise<boolean> {
    if (this.isRunning || this.#status.state !== 'turned-off' || (await hasChanges(this.folder))) return false;
    return await canMerge(this.folder.disks, reason);
  }

  /** @param first is done again if this is cut short */
  async #merge(reason: MergeReason, work: MergeWork, first?: () => Promise<void>): Promise<void> {
    const { detail } = this.#status;
    await this.#say({ state: 'merging-disks', detail: null });
    this.#wasMerging = false;
    try {
      await first?.();
      const whyNot = await mergeForTask({ name: this.#config.name, folder: this.folder }, reason, work);
      if (whyNot !== null) this.#listener.onEvent('disks-not-merged', whyNot, null);
    } finally {
      await this.#say({ state: 'turned-off', detail });
    }
  }

  /** It is saved where the snapshot is then. */
  async revertOff(id: string): Promise<void> {
    await this.#withLease(async () => {
      const snapshots = new SnapshotFolder(this.folder.snapshots);
      const snapshot = await snapshots.find(id);
      await linkFile(snapshots.stateFile(snapshot.id), this.folder.savedState);
      await this.#say({ state: 'saved', detail: `It is at the snapshot "${snapshot.name}".`, current: snapshot.id });
    });
  }

  async removeSnapshotOff(id: string): Promise<void> {
    await this.#withLease(async () => {
      const snapshots = new SnapshotFolder(this.folder.snapshots);
      const snapshot = await snapshots.find(id);
      const { state, detail, current } = this.#status;
      if (current === snapshot.id) await this.#say({ state, detail, current: snapshot.parent });
      await snapshots.remove(snapshot);
    });
  }

  /** @throws GuestwrightError `usage/machine-in-use` */
  async #withLease(work: () => Promise<void>): Promise<void> {
    const lease = await tryLock(this.folder.lease);
    if (typeof lease !== 'function') throw inUse(this.folder.path);
    try {
      await work();
    } finally {
      await lease();
    }
  }

  async #say(change: Pick<MachineStatus, 'state' | 'detail'> & { current?: string | null }): Promise<void> {
    const since = change.state === this.#status.state ? this.#status.since : new Date().toISOString();
    const status = { ...this.#status, failure: null, since, ...change };
    await this.folder.writeStatus(status);
    this.#status = status;
    this.#listener.onStatus(status);
  }

  /**
   * Asks it to end, and resolves when its process has ended and it is as was asked.
   * @throws what it was refused with
   */
  async end(call: 'saveState' | 'powerOff'): Promise<void> {
    const { connection } = this;
    try {
      await connection.call(calls[call]);
    } catch (error) {
      // Its last answer may be lost when it ends. Its status is not.
      if (!(error instanceof GuestwrightError && error.code === 'machine-process-ended')) throw error;
    }
    await connection.closed;
    await this.#ending;
    const { state, failure } = this.#status;
    if (state !== (call === 'saveState' ? 'saved' : 'turned-off')) {
      throw endFailed(this.#config.name, failure?.message ?? state, this.folder.processLog);
    }
  }

  /**
   * For who asks again and again. Null: its process has ended while it was asked, and what that left is in order. It was built
   * again, or is off: the next question says which.
   * @throws GuestwrightError `usage/machine-not-running`, what the machine's process throws
   */
  async ask<P, R>(type: RequestType<P, R, ToldFailure>, params: P): Promise<R | null> {
    const { connection } = this;
    try {
      return await connection.call(type, params);
    } catch (error) {
      if (!(error instanceof GuestwrightError && error.code === 'machine-process-ended')) throw error;
      await connection.closed;
      await this.#ending;
      return null;
    }
  }

  /** Is told what its engine reports, as JSON, while a scenario drives it. @returns ends that */
  onEngine(driver: (event: string) => void): () => void {
    this.#drivers.add(driver);
    return () => this.#drivers.delete(driver);
  }

  /** Ends it as it is, if it runs: nothing of it is kept. */
  async abandon(): Promise<void> {
    const connection = this.#connection;
    if (connection === null) return;
    await connection.call(calls.abandon).catch((error: unknown) => {
      if (!(error instanceof GuestwrightError)) throw error;
    });
    await connection.closed;
    await this.#ending;
  }

  /**
   * Asks the guest to shut down, and resolves when it has: the machine is off.
   * @param limitMs wall ms that the guest has for it
   * @throws GuestwrightError `guest/shutdown-unanswered`, `usage/task-cancelled`: the machine runs on
   */
  async shutdown(limitMs: number, work: TaskWork): Promise<void> {
    const { connection } = this;
    await connection.call(calls.pressPowerButton);
    const given = new AbortController();
    const late = new AbortController();
    work.cancellable(() => {
      given.abort();
      return true;
    });
    work.report(null, 'waiting for the guest');
    const outcome = await Promise.race([
      connection.closed.then(() => 'ended' as const),
      setTimeout(limitMs, 'late' as const, { signal: late.signal }),
      once(given.signal, 'abort').then(() => 'cancelled' as const),
    ]);
    late.abort();
    work.cancellable(null);
    const { name } = this.#config;
    if (outcome === 'cancelled') throw cancelled(`Waiting for ${name} to shut down`);
    if (outcome === 'late') throw shutdownUnanswered(name, `it is ${this.#status.state} ${limitMs / 1000} s later`);
    await this.#ending;
    const { state, failure } = this.#status;
    if (state !== 'turned-off') throw endFailed(name, failure?.message ?? state, this.folder.processLog);
  }

  /** The process of the machine is let go; it goes on. Nothing is done with its folder when this resolves. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    this.#connection?.end();
    await this.#settling;
  }

  async #afterEnd(): Promise<void> {
    await lockReleased(this.folder.lease);
    // What it has left is in order when the next host has opened it.
    if (this.#isLeft) return;
    this.#listener.onEnded();
    this.#settling = this.#settleAfterEnd();
    await this.#settling;
  }

  async #settleAfterEnd(): Promise<void> {
    try {
      await this.#settle();
      this.#status = await this.#readStatus();
      if (!this.#isLeft) this.#listener.onSettled();
    } catch (error) {
      // Somebody has removed its folder, or spoilt what is in it: the other machines have nothing to do with that.
      const detail = error instanceof Error ? error.message : String(error);
      this.#listener.onEvent('unreadable', detail, null);
      this.#take({ ...this.#status, state: 'turned-off', since: new Date().toISOString(), detail });
    }
  }

  async #connect(): Promise<boolean> {
    const connection = await MachineConnection.to(this.folder, {
      onStatus: (status) => this.#take(status),
      onEngine: (event) => {
        for (const driver of this.#drivers) driver(event);
      },
      onEvent: (kind, detail, by) => {
        this.#heartbeat = HEARTBEAT_AFTER[kind] ?? this.#heartbeat;
        this.#listener.onEvent(kind, detail, by);
      },
      onClose: () => {
        this.#connection = null;
        this.#heartbeat = 'none';
        if (!this.#isLeft) this.#ending = this.#afterEnd();
      },
    });
    this.#connection = connection;
    if (connection === null) return false;
    const live = await connection.call(calls.live).catch((error: unknown) => {
      // It ended as it was reached: its status says why.
      if (error instanceof GuestwrightError && error.code === 'machine-process-ended') return null;
      throw error;
    });
    if (live === null) return false;
    const { status, pid, heartbeat } = live;
    this.#pid = pid;
    this.#heartbeat = heartbeat;
    this.#listener.onProcess(this.#config, pid);
    this.#take(status);
    return true;
  }

  /** Connects to whoever holds its lease, if somebody does: a process that has just been started listens in a moment. */
  async #reach(): Promise<boolean> {
    const socket = await socketOf(this.folder.path);
    for (;;) {
      if (await this.#connect()) return true;
      if ((await lockHolder(this.folder.lease)) === null) return false;
      await changed(socket);
    }
  }

  /** Until it runs, or its process has ended. */
  async #begun(): Promise<void> {
    const connection = this.#connection;
    if (connection === null) return;
    const isBeginning = (): boolean => ['turning-on', 'restoring', 'turned-off', 'saved'].includes(this.#status.state);
    await Promise.race([connection.closed, this.#until(() => !isBeginning())]);
  }

  async #until(is: () => boolean): Promise<void> {
    for (let now = is(); !now; now = is()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #take(status: MachineStatus): void {
    this.#status = status;
    // At a snapshot it is another run.
    if (status.state === 'restoring') this.#heartbeat = 'none';
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
    this.#listener.onStatus(status);
  }

  async #readStatus(): Promise<MachineStatus> {
    return this.isRunning ? this.#status : await this.folder.readStatus();
  }

  /** Of a machine that nobody runs: puts right what a kill has left. One that can be rebuilt is. */
  async #settle(): Promise<void> {
    const lease = await tryLock(this.folder.lease);
    // Somebody runs it, and it listens in a moment or has just ended: it is asked again when it matters.
    if (typeof lease !== 'function') return;
    const before = this.#status;
    let truth;
    try {
      const settled = await settle(this.folder);
      truth = settled.truth;
      this.#status = settled.status;
    } finally {
      await lease();
    }
    if (truth.outcome === 'rebuild') {
      this.#listener.onEvent('killed', `Its process was killed while it was ${truth.was}; it is rebuilt.`, null);
      await this.start();
      return;
    }
    if (truth.outcome === 'turned-off' && truth.was === 'merging-disks') this.#wasMerging = true;
    if (truth.outcome !== 'as-said') this.#listener.onEvent('killed', this.#status.detail, null);
    if (before.state !== this.#status.state) this.#listener.onStatus(this.#status);
  }
}

function endFailed(name: string, seen: string, log: string): GuestwrightError {
  return new GuestwrightError(`${name} did not end as it was to`, {
    kind: 'infrastructure',
    code: 'machine-end-failed',
    seen,
    next: `see ${log}`,
  });
}

function startFailed(name: string, seen: string, log: string): GuestwrightError {
  return new GuestwrightError(`${name} did not start`, {
    kind: 'infrastructure',
    code: 'machine-start-failed',
    expected: 'a machine that runs',
    seen,
    next: `see ${log}`,
  });
}
