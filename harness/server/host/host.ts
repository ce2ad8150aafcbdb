/** The machines of a host, by name, and all that can be done with them. What it does it writes into the log. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { readIfThere, writeWhole } from '../../../sdk/images/files.js';
import { tryLock } from '../../../sdk/lock.js';
import { GuestwrightError } from '../../../sdk/errors.js';
import {
  CONFIG_VERSION,
  machineName,
  settingsSchema,
  type CpuSettings,
  type MachineConfig,
  type Settings,
} from '../machines/config.js';
import { assertHeartbeatPort, hostedSpec } from '../machines/hosted-spec.js';
import { MachineFolder } from '../machines/machine-folder.js';
import { SnapshotFolder, type HostedSnapshot } from '../machines/snapshots.js';
import { type HeartbeatState, type HostedState, type MachineStatus } from '../machines/status.js';
import { calls, type Handling, type Look, type MediumChange } from '../process/protocol.js';
import type { SerialPiece, SerialQuestion } from '../process/serial-output.js';
import type { Thumbnail, ThumbnailQuery } from '../process/thumbnails.js';
import { Admission } from './admission.js';
import { AllowedFiles } from './allowed-files.js';
import { assertNoChanges, hasChanges } from '../machines/undo.js';
import { fillClone, type CloneRequest } from './clone-machine.js';
import { CpuControl } from './cpu/cpu-control.js';
import { EventLog, type Asker, type HostEvent } from './events.js';
import { Scratches } from './scratches.js';
import { HostMachine, type HostMachineListener } from './host-machine.js';
import { MachineRegistry } from './machine-registry.js';
import type { MergeWork } from './merging.js';
import { HostMeter, type HostStatus } from './host-status.js';
import { defaultBudget } from './memory-budget.js';
import * as refusals from './refusals.js';
import { cancelled, Tasks, type Task, type TaskWork } from './tasks.js';

/** Of a machine, for lists. */
export interface MachineSummary {
  name: string;
  id: string;
  state: HostedState;
  since: string;
  engine: 'v86' | 'qemu';
  detail: string | null;
  heartbeat: HeartbeatState;
}

export interface MachineDetails extends MachineSummary {
  folder: string;
  config: MachineConfig;
  status: MachineStatus;
  snapshots: HostedSnapshot[];
  hasChanges: boolean;
}

/** Wall ms that a guest has to shut down when the daemon ends. */
const QUIT_SHUTDOWN_MS = 120_000;

const ranBefore = z.array(z.string());

export interface HostOptions {
  onTask?: (task: Task) => void;
  /** Bytes; default: see {@link defaultBudget}. */
  memoryBudget?: number;
  /** Default: any. */
  files?: AllowedFiles;
}

export class Host implements AsyncDisposable {
  readonly folder: string;
  readonly events: EventLog;
  readonly tasks: Tasks;
  /** What all of its machines together may take of the host's memory, bytes. */
  readonly memoryBudget: number;
  readonly #files: AllowedFiles;
  readonly #machines: MachineRegistry;
  readonly #scratches: Scratches;
  readonly #admission: Admission;
  readonly #release: () => Promise<void>;
  readonly #meter = new HostMeter();
  readonly #cpu: CpuControl;
  /** The daemon has been told to end: nothing is started by itself any more. */
  readonly #leaving = new AbortController();

  private constructor(folder: string, release: () => Promise<void>, options: Required<HostOptions>) {
    const { onTask, memoryBudget, files } = options;
    this.#files = files;
    this.folder = folder;
    this.memoryBudget = memoryBudget;
    this.#cpu = new CpuControl(folder);
    this.#release = release;
    this.events = new EventLog(join(folder, 'events.ndjson'));
    this.tasks = new Tasks(onTask);
    this.#machines = new MachineRegistry(
      join(folder, 'machines'),
      async (name, of) => await HostMachine.open(of, this.#followed(name)),
    );
    this.#admission = new Admission(this.#machines, this.#cpu, memoryBudget);
    this.#scratches = new Scratches({
      machines: this.#machines,
      start: async (name, by) => await this.tasks.ended(this.start(name, by).id),
      note: (machine, kind, by, detail) => void this.#note(machine, kind, by, detail),
    });
  }

  /**
   * Finds its machines, those that run as well. Those that were killed and can be rebuilt are.
   * @throws GuestwrightError `usage/host-in-use`
   */
  static async open(folder: string, options: HostOptions = {}): Promise<Host> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const release = await tryLock(join(folder, 'lease'));
    if (typeof release !== 'function') throw refusals.hostInUse(folder, release.heldBy?.pid ?? null);
    const host = new Host(folder, release, {
      onTask: () => undefined,
      memoryBudget: defaultBudget(),
      files: AllowedFiles.any(),
      ...options,
    });
    await host.#find();
    return host;
  }

  /** Starts what is to start with the daemon; disks of others are merged, where that was cut short. */
  async autostart(): Promise<void> {
    const ran = ranBefore.safeParse(JSON.parse((await readIfThere(this.#ranFile)) ?? '[]'));
    const before = new Set(ran.success ? ran.data : []);
    for (const [name, { config, isRunning }] of this.#machines) {
      if (isRunning || this.#leaving.signal.aborted) continue;
      const { autostart } = config;
      if (autostart === 'always' || (autostart === 'as-before' && before.has(name))) {
        if (!(await waited(config.autostartDelay * 1000, this.#leaving.signal))) break;
        this.#startIfItFits(name);
      }
    }
    await rm(this.#ranFile, { force: true });
    if (this.#leaving.signal.aborted) return;
    for (const [name] of this.#machines) this.#mergeIfWanted(name);
  }

  /** One that cannot be started is no reason not to start the others. */
  #startIfItFits(name: string): void {
    try {
      this.start(name, null);
    } catch (error) {
      if (!(error instanceof GuestwrightError)) throw error;
      this.#note(name, 'not-started', null, error.message);
    }
  }

  get #ranFile(): string {
    return join(this.folder, 'ran.json');
  }

  /** Does with each machine that runs what its configuration says for when the daemon is told to quit. */
  async quit(): Promise<void> {
    this.#leaving.abort();
    // What is being done is done first: a machine that is only being started would go on with nobody's knowing.
    await this.tasks.allEnded();
    const running = [...this.#machines].filter(([, { isRunning }]) => isRunning);
    await writeWhole(this.#ranFile, JSON.stringify(running.map(([name]) => name)));
    await Promise.all(
      running.map(async ([name, { config }]) => {
        if (config.onQuit === 'go-on' || this.#machines.isBusy(name)) return;
        if (config.onQuit === 'shutdown') {
          const { state } = await this.tasks.ended(this.shutdown(name, QUIT_SHUTDOWN_MS, null).id);
          if (state === 'done' || !this.#machines.get(name).isRunning) return;
        }
        await this.tasks.ended(
          (config.onQuit === 'power-off' ? this.powerOff(name, null) : this.saveState(name, null)).id,
        );
      }),
    );
  }

  async #find(): Promise<void> {
    await this.#machines.find((name, error) =>
      this.#note(name, 'unreadable', null, error instanceof Error ? error.message : String(error)),
    );
    // Their scenarios have lost them with the daemon before.
    await Promise.all([...this.#machines].map(async ([name]) => await this.endScratch(name, null)));
  }

  /** What is done when something happens to a machine. */
  #followed(name: string): HostMachineListener {
    return {
      onStatus: ({ state, detail }) => this.#note(name, 'state', null, detail === null ? state : `${state}: ${detail}`),
      onEvent: (kind, detail, by) => this.#note(name, kind, by, detail),
      onProcess: ({ id, cpu }, pid) => this.#share(name, id, cpu, pid),
      onEnded: () => this.#cpu.sweep(),
      onSettled: () => this.#mergeIfWanted(name),
    };
  }

  /** A machine whose share cannot be set runs all the same, and the log says so. */
  #share(name: string, id: string, cpu: CpuSettings | null, pid: number): void {
    if (cpu === null) return;
    try {
      this.#cpu.apply(id, pid, cpu);
    } catch (error) {
      this.#note(name, 'cpu-not-set', null, error instanceof Error ? error.message : String(error));
    }
  }

  #note(machine: string | null, kind: string, by: Asker, detail: string | null): HostEvent {
    return this.events.add({ machine, kind, by, detail });
  }

  list(): MachineSummary[] {
    return [...this.#machines].map(([, machine]) => summaryOf(machine));
  }

  /** @throws GuestwrightError `usage/machine-unknown` */
  async details(name: string): Promise<MachineDetails> {
    const machine = this.#machines.get(name);
    const { folder, config, status } = machine;
    const snapshots = await new SnapshotFolder(folder.snapshots).list();
    return {
      ...summaryOf(machine),
      folder: folder.path,
      config,
      status,
      snapshots,
      hasChanges: await hasChanges(folder),
    };
  }

  /** @throws GuestwrightError `usage/machine-exists`, `usage/spec-invalid`, `usage/hosted-spec-invalid`, `usage/file-not-allowed` */
  async create(
    given: { name: string; spec: Record<string, unknown>; settings?: Partial<Settings> },
    by: Asker,
  ): Promise<void> {
    const name = machineName.parse(given.name);
    const config: MachineConfig = {
      version: CONFIG_VERSION,
      id: randomUUID(),
      name,
      created: new Date().toISOString(),
      spec: given.spec,
      ...settingsSchema.parse(given.settings ?? {}),
    };
    await this.#machines.add(name, async (folder) => {
      hostedSpec(config.spec, folder);
      assertHeartbeatPort(config);
      await this.#files.assertSpec(config.spec, folder.path);
      await folder.writeConfig(config);
      await mkdir(folder.disks);
    });
    this.#note(name, 'created', by, null);
  }

  /**
   * A folder elsewhere is a machine of this host from now on, and stays where it is.
   * @throws GuestwrightError `usage/machine-missing`, `usage/machine-exists`, `usage/machine-config-invalid`
   */
  async register(path: string, by: Asker): Promise<string> {
    const real = await realpath(path).catch(() => null);
    await this.#files.assertFolder(real ?? path);
    if (real === null) throw refusals.noFolder(path);
    const folder = new MachineFolder(real);
    const config = await folder.readConfig();
    hostedSpec(config.spec, folder);
    await this.#files.assertSpec(config.spec, folder.path);
    const { name } = config;
    await this.#machines.link(name, folder);
    this.#note(name, 'registered', by, folder.path);
    return name;
  }

  /** Forgets a registered machine. Its folder stays. @throws GuestwrightError `usage/machine-not-registered` */
  async unregister(name: string, by: Asker): Promise<void> {
    const machine = this.#machines.get(name);
    await this.#machines.unlink(name);
    this.#note(name, 'unregistered', by, machine.folder.path);
  }

  async rename(name: string, next: string, by: Asker): Promise<void> {
    await this.#machines.rename(name, machineName.parse(next));
    this.#note(next, 'renamed', by, `it was ${name}`);
  }

  /** Settings take effect at the next start. */
  async configure(
    name: string,
    change: Partial<Settings> & { spec?: Record<string, unknown> },
    by: Asker,
  ): Promise<void> {
    const machine = this.#machines.get(name);
    await this.#machines.exclusively(name, 'being configured', async () => {
      const { spec, ...settings } = change;
      if (settings.undo !== undefined && settings.undo !== machine.config.undo) {
        machine.assertOff();
        await assertNoChanges(name, machine.folder);
      }
      if (spec !== undefined) {
        machine.assertOff();
        hostedSpec(spec, machine.folder);
        await this.#files.assertSpec(spec, machine.folder.path);
        if (machine.status.state === 'saved') throw refusals.savedState(name);
      }
      assertHeartbeatPort({ ...machine.config, ...settings, ...(spec === undefined ? {} : { spec }) });
      if (settings.cpu != null) this.#cpu.assertCan(name, settings.cpu);
      await machine.changeConfig((config) => ({ ...config, ...settings, ...(spec === undefined ? {} : { spec }) }));
      const { pid, config } = machine;
      if (pid !== null) this.#share(name, config.id, settings.cpu ?? null, pid);
    });
    this.#note(name, 'configured', by, Object.keys(change).join(', '));
  }

  /** Files that deleting it would remove, with their sizes in bytes. */
  async wouldRemove(name: string): Promise<{ path: string; bytes: number }[]> {
    const { folder } = this.#machines.get(name);
    if (await this.#machines.isLinked(name)) return [];
    const entries = await readdir(folder.path, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return await Promise.all(files.sort().map(async (path) => ({ path, bytes: (await stat(path)).size })));
  }

  /** With its disks and snapshots; of a registered machine the folder stays. @throws GuestwrightError `usage/machine-running` */
  async delete(name: string, by: Asker): Promise<void> {
    const machine = this.#machines.get(name);
    await this.#machines.exclusively(name, 'being deleted', async () => {
      machine.assertOff();
      await this.#machines.remove(name);
    });
    this.#note(name, 'deleted', by, null);
  }

  /**
   * Another machine that begins where this one is, or, whatever this one does meanwhile, where a snapshot was taken of it.
   * @throws GuestwrightError `usage/machine-running`, `usage/machine-exists`; the task: as {@link fillClone}
   */
  clone(name: string, next: string, by: Asker, request: CloneRequest = {}): Task {
    const machine = this.#machines.get(name);
    machineName.parse(next);
    if (request.snapshot === undefined) machine.assertOff();
    this.#machines.assertIdle(name);
    return this.tasks.begin({ kind: 'clone', machine: name, by }, async (work) => {
      await this.#machines.exclusively(name, 'being cloned', async () => {
        await this.#machines.add(
          next,
          async (folder) => await fillClone(machine, { name: next, folder }, request, work),
        );
      });
      this.#note(next, 'created', by, `${request.linked === true ? 'a linked' : 'a'} clone of ${name}`);
    });
  }

  /**
   * Makes a machine for a scenario, and starts it: a copy that begins at a snapshot of the machine, or as that is now.
   * @returns the copy's name, for {@link endScratch}
   * @throws GuestwrightError `usage/machine-unknown`, `usage/snapshot-missing`, `usage/machine-busy`, `usage/memory-budget`, and what its start failed of
   */
  async scratch(name: string, what: { snapshot: string | null; title: string }, by: Asker): Promise<HostMachine> {
    return await this.#scratches.make(name, what, by);
  }

  /** Ends the machine of a scenario, and removes it. */
  async endScratch(name: string, by: Asker): Promise<void> {
    await this.#scratches.end(name, by);
  }

  /** @throws GuestwrightError `usage/machine-running`, `usage/memory-budget` */
  start(name: string, by: Asker): Task {
    const machine = this.#machines.get(name);
    machine.assertOff();
    this.#machines.assertIdle(name);
    const admitted = this.#admission.admit(name, machine);
    return this.#task('start', name, by, async (work) => {
      try {
        const called = { off: false };
        work.cancellable(() => (called.off = true));
        // What it was made of may have been changed, or served without this limit, since. A scenario's machine has the
        // files of the one that it was made of.
        const from = this.#machines.known(machine.config.scratch?.of ?? name) ?? machine;
        await this.#files.assertSpec(machine.config.spec, from.folder.path);
        if (called.off) throw cancelled(`The start of ${name}`);
        await machine.shortenDisks(this.#merging(work));
        await machine.start(work);
      } finally {
        admitted();
      }
    });
  }

  /** How the host is, and what each of its machines takes of it. */
  async status(): Promise<HostStatus> {
    const { mechanism } = this.#cpu;
    const machines = [...this.#machines].map(([name, { pid, config }]) => ({
      name,
      pid,
      cpuControl: config.cpu === null ? null : mechanism,
    }));
    return await this.#meter.read({
      folder: this.folder,
      machines,
      budget: this.memoryBudget,
      reserved: this.#admission.memoryUse(),
    });
  }

  /** @throws GuestwrightError `usage/task-missing`, `usage/task-not-cancellable` */
  async cancel(id: string, by: Asker): Promise<Task> {
    const task = await this.tasks.cancel(id);
    this.#note(task.machine, 'cancelled', by, task.kind);
    return task;
  }

  saveState(name: string, by: Asker): Task {
    return this.#end('saveState', 'save', name, by);
  }

  /** The guest is asked; one that has not powered off by then runs on. */
  shutdown(name: string, limitMs: number, by: Asker): Task {
    const machine = this.#machines.get(name);
    machine.assertRunning();
    return this.#task('shutdown', name, by, async (work) => {
      await machine.shutdown(limitMs, work);
      if (!this.#leaving.signal.aborted) await machine.mergeLast(this.#merging(work));
    });
  }

  powerOff(name: string, by: Asker): Task {
    return this.#end('powerOff', 'power-off', name, by);
  }

  /** Throws a saved state away: the machine is off then, its disks as when it was saved. */
  async discardState(name: string, by: Asker): Promise<void> {
    const machine = this.#machines.get(name);
    await this.#machines.exclusively(name, 'having its state discarded', async () => {
      if (machine.status.state !== 'saved') throw refusals.notSaved(name, machine.status.state);
      await machine.discardState();
    });
    this.#note(name, 'state-discarded', by, null);
  }

  /** What was written to its undo disks goes. @throws GuestwrightError `usage/changes-missing`, `usage/machine-running` */
  async discardChanges(name: string, by: Asker): Promise<void> {
    const machine = this.#machines.get(name);
    await this.#machines.exclusively(name, 'having its changes discarded', async () => {
      this.#assertDecidable(machine);
      await machine.discardChanges();
    });
    this.#note(name, 'changes-discarded', by, null);
  }

  /** What was written to its undo disks stays. @throws GuestwrightError `usage/machine-running`; the task: `usage/changes-missing` */
  commitChanges(name: string, by: Asker): Task {
    const machine = this.#machines.get(name);
    this.#assertDecidable(machine);
    return this.#task('commit', name, by, async (work) => {
      await machine.commitChanges(this.#merging(work), () => this.#note(name, 'changes-committed', by, null));
    });
  }

  #assertDecidable(machine: HostMachine): void {
    machine.assertOff();
    if (machine.status.state === 'saved') throw refusals.savedState(machine.config.name);
  }

  #merging(work: TaskWork): MergeWork {
    return { ...work, leaving: this.#leaving.signal };
  }

  /** Nobody asked for it: it is a task of the host's own, if nothing else is done with the machine. */
  #mergeIfWanted(name: string): void {
    void (async () => {
      const machine = this.#machines.known(name);
      if (machine === null || !(await machine.wantsMerge())) return;
      if (this.#leaving.signal.aborted || this.#machines.isBusy(name)) return;
      this.#task('merge-disks', name, null, async (work) => await machine.mergeLast(this.#merging(work)));
    })().catch((error: unknown) => {
      this.#note(name, 'disks-not-merged', null, error instanceof Error ? error.message : String(error));
    });
  }

  async pause(name: string, by: Asker): Promise<void> {
    await this.#call('pause', name, by, async ({ connection }) => await connection.call(calls.pause));
  }

  async resume(name: string, by: Asker): Promise<void> {
    await this.#call('resume', name, by, async ({ connection }) => await connection.call(calls.resume));
  }

  async reset(name: string, by: Asker): Promise<void> {
    await this.#call('reset', name, by, async ({ connection }) => await connection.call(calls.reset));
  }

  snapshot(name: string, snapshot: string, by: Asker): Task {
    const machine = this.#machines.get(name);
    const { connection } = machine;
    return this.#task('snapshot', name, by, async ({ cancellable }) => {
      cancellable(async () => await machine.cancel());
      await connection.call(calls.snapshot, { name: snapshot });
    });
  }

  /** A machine that is off goes on from there when it is started. */
  revert(name: string, snapshot: string, by: Asker): Task {
    const machine = this.#machines.get(name);
    return this.#task('revert', name, by, async () => {
      const { id } = await new SnapshotFolder(machine.folder.snapshots).find(snapshot);
      if (machine.isRunning) await machine.connection.call(calls.revert, { id });
      else await machine.revertOff(id);
    });
  }

  async removeSnapshot(name: string, snapshot: string, by: Asker): Promise<void> {
    const machine = this.#machines.get(name);
    const { id, name: called } = await new SnapshotFolder(machine.folder.snapshots).find(snapshot);
    await this.#machines.exclusively(name, 'losing a snapshot', async () => {
      if (machine.isRunning) await machine.connection.call(calls.removeSnapshot, { id });
      else await machine.removeSnapshotOff(id);
    });
    this.#note(name, 'snapshot-removed', by, called);
  }

  async look(name: string): Promise<Look> {
    return await this.#machines.get(name).connection.call(calls.look);
  }

  async thumbnail(name: string, query: ThumbnailQuery): Promise<Thumbnail> {
    return await this.#machines.get(name).connection.call(calls.thumbnail, query);
  }

  async serialSince(name: string, question: SerialQuestion): Promise<SerialPiece> {
    const piece = await this.#machines.get(name).ask(calls.serialSince, question);
    return piece ?? { data: '', at: question.at, again: false };
  }

  /** @param data base64 */
  async serialWrite(name: string, port: number, data: string, by: string | null): Promise<void> {
    await this.#machines.get(name).connection.call(calls.serialWrite, { port, data, by });
  }

  async insert(name: string, change: MediumChange, by: Asker): Promise<void> {
    const { connection, folder } = this.#machines.get(name);
    await this.#files.assertMedium(change.medium, folder.path);
    await connection.call(calls.insert, change);
    this.#note(name, 'medium', by, `${change.drive}: ${change.medium ?? 'empty'}`);
  }

  /** @throws GuestwrightError `usage/control-held` without `force` */
  async handle(name: string, handling: Handling, by: Asker = null, { force = false } = {}): Promise<void> {
    await this.#machines.get(name).connection.call(calls.handle, { handling, by, force });
  }

  /** What its console is reached by. @throws GuestwrightError `usage/machine-unknown`, `usage/machine-not-running` */
  running(name: string): HostMachine {
    const machine = this.#machines.get(name);
    machine.assertRunning();
    return machine;
  }

  #end(call: 'saveState' | 'powerOff', kind: string, name: string, by: Asker): Task {
    const machine = this.#machines.get(name);
    // Said at once rather than by the task.
    machine.assertRunning();
    return this.#task(kind, name, by, async (work) => {
      if (call === 'saveState') work.cancellable(async () => await machine.cancel());
      await machine.end(call);
      if (!this.#leaving.signal.aborted) await machine.mergeLast(this.#merging(work));
    });
  }

  #task(kind: string, name: string, by: Asker, work: (work: TaskWork) => Promise<void>): Task {
    this.#machines.assertIdle(name);
    this.#note(name, kind, by, null);
    return this.tasks.begin(
      { kind, machine: name, by },
      async (task) => await this.#machines.exclusively(name, `busy (${kind})`, async () => await work(task)),
    );
  }

  async #call(kind: string, name: string, by: Asker, work: (machine: HostMachine) => Promise<unknown>): Promise<void> {
    const machine = this.#machines.get(name);
    await this.#machines.exclusively(name, `busy (${kind})`, async () => await work(machine));
    this.#note(name, kind, by, null);
  }

  /** Machines go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort();
    await this.#scratches.allEnded();
    // Merging is given up: nothing writes to a disk any more when another host looks after it.
    const merges = this.tasks.list().filter(({ kind }) => kind === 'merge-disks' || kind === 'commit');
    await Promise.all(merges.map(async ({ id }) => await this.tasks.ended(id)));
    await Promise.all([...this.#machines].map(async ([, machine]) => await machine.leave()));
    // What looked after a machine's processes ends a moment after them: its group could not be removed then.
    this.#cpu.sweep();
    await this.#release();
  }
}

function summaryOf({ config, status, folder, heartbeat }: HostMachine): MachineSummary {
  const { engine } = hostedSpec(config.spec, folder);
  const { state, since, detail } = status;
  return { name: config.name, id: config.id, state, since, engine, detail, heartbeat };
}

/** False: it was ended before. */
async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  return ms === 0 || (await setTimeout(ms, true, { signal }).catch(() => false));
}
