/** A recorded run, run again by QEMU from its log (`rr=replay`), and stopped where somebody wants to look. */
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import type { Hardware, ReplayContext } from '../engine.js';
import type { RecordedMark, ReplayedInstant, ReplayStep, RunReplay } from '../recorded-run.js';
import { commandLine } from './command-line.js';
import type { Installation } from './installation.js';
import { kernelFiles } from './kernel-files.js';
import { MachineMedia } from './machine-media.js';
import { PictureFile } from './picture-file.js';
import { portPlaces } from './ports.js';
import { processDied, QemuProcess, type ProcessEnd } from './process.js';
import { nothing } from './qmp.js';
import { frameHash, hashOf, saveMemory } from './replay-hash.js';
import { ScreenWatch } from './screen-watch.js';
import { Signal } from './signal.js';

/** Wall ms between two questions how far it is. */
const PROGRESS_MS = 1_000;
/** A replay that has not carried out one instruction for so long waits for something that does not come, wall ms. */
const STUCK_MS = 60_000;

const place = z.object({ icount: z.int().min(0) });
const status = z.object({ status: z.string(), running: z.boolean() });

export interface QemuReplayParts {
  installation: Installation;
  hardware: Hardware;
  context: ReplayContext;
}

export class QemuReplay implements RunReplay {
  readonly #parts: QemuReplayParts;
  readonly #folder: string;
  readonly #media: MachineMedia;
  readonly #pictures: PictureFile;
  readonly #signal = new Signal();
  readonly #screen: ScreenWatch;
  #process: QemuProcess | null = null;
  #end: ProcessEnd | null = null;

  constructor(parts: QemuReplayParts) {
    this.#parts = parts;
    this.#folder = join(parts.context.runDirectory, 'qemu');
    this.#media = new MachineMedia(this.#folder, parts.hardware, null);
    this.#pictures = new PictureFile(this.#folder);
    this.#screen = new ScreenWatch(this.#pictures, parts.installation.fonts);
  }

  async begin(segment: number): Promise<void> {
    const { installation, hardware, context } = this.#parts;
    await this.#quit();
    const drives = await this.#media.open();
    const kernel = await kernelFiles(this.#folder, hardware.kernel);
    const process = await QemuProcess.start({
      program: installation.program,
      folder: this.#folder,
      runId: context.runId,
      ports: portPlaces(hardware).map(({ name }) => name),
      inherit: null,
      pictures: this.#pictures.inherited,
      memory: null,
      swtpm: null,
      args: (sockets) =>
        commandLine({
          installation,
          accelerator: 'tcg',
          hardware: { ...hardware, ...this.#media.removable },
          drives,
          firmware: null,
          kernel,
          sockets,
          incoming: false,
          memory: { kind: 'own' },
          log: { mode: 'replay', file: join(context.folder, context.run.segments[segment]?.log ?? '') },
        }),
      onLine: () => false,
    });
    this.#process = process;
    this.#end = null;
    void process.ended.then((end) => {
      if (this.#process !== process) return;
      this.#end = end;
      this.#signal.notify();
    });
    process.qmp.onEvent(({ name }) => {
      if (name === 'STOP' || name === 'SHUTDOWN') this.#signal.notify();
    });
    // The guest's serial output is in its memory and on its way; nobody listens.
    for (const { fromGuest, toGuest } of process.ports) {
      for (const socket of [fromGuest, toGuest]) socket.on('error', () => undefined);
      fromGuest.resume();
    }
    await this.#screen.notePlaceholder(process.qmp);
  }

  async runTo(mark: RecordedMark, onProgress?: (icount: number) => void): Promise<ReplayStep> {
    const process = this.#process;
    if (process === null) throw new Error('no segment has begun');
    try {
      const lost = await this.#goOn(process, mark.icount, onProgress);
      if (lost !== null) return { kind: 'lost', seen: lost };
      const instant = await this.#look(process, mark);
      return { kind: 'reached', instant };
    } catch (error) {
      if (!(error instanceof GuestwrightError)) throw error;
      if (error.code === 'qmp-timeout') return { kind: 'lost', seen: 'QEMU does not answer any more' };
      if (error.code !== 'qmp-closed') throw error;
      return { kind: 'lost', seen: ended(await process.ended) };
    }
  }

  /** @returns what showed that it cannot get there; null when it is there */
  async #goOn(process: QemuProcess, icount: number, onProgress?: (icount: number) => void): Promise<string | null> {
    const { qmp } = process;
    let { icount: now } = await qmp.execute('query-replay', {}, place);
    if (now === icount) return null;
    if (now > icount) return `it is at instruction ${now} already`;
    const said = await qmp.human(`replay_break ${icount}`);
    if (said.trim() !== '') return said.trim();
    await qmp.execute('cont', {}, nothing);
    let moved = performance.now();
    for (;;) {
      await this.#signal.wait(PROGRESS_MS);
      if (this.#end !== null) return ended(this.#end);
      const [{ running, status: state }, seen] = await Promise.all([
        qmp.execute('query-status', {}, status),
        qmp.execute('query-replay', {}, place),
      ]);
      if (!running) return seen.icount === icount ? null : `it stopped at instruction ${seen.icount} (QEMU: ${state})`;
      if (seen.icount > now) moved = performance.now();
      now = seen.icount;
      onProgress?.(now);
      if (performance.now() - moved > STUCK_MS) {
        return `for ${STUCK_MS / 1000} s it has waited at instruction ${now} for what the log has next`;
      }
    }
  }

  async #look({ qmp }: QemuProcess, mark: RecordedMark): Promise<ReplayedInstant> {
    await this.#screen.look(qmp);
    const { content } = this.#screen;
    const { memoryMb } = this.#parts.hardware;
    return {
      icount: (await qmp.execute('query-replay', {}, place)).icount,
      frame: frameHash(content),
      memory:
        mark.memory === undefined ? null : await hashOf(await saveMemory(qmp, { memoryMb, folder: this.#folder })),
      screen: content,
    };
  }

  /** Its disks have to be whole: the next segment goes on with them. */
  async #quit(): Promise<void> {
    const process = this.#process;
    this.#process = null;
    await process?.quit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const process = this.#process;
    this.#process = null;
    try {
      await process?.kill();
    } finally {
      this.#pictures.close();
      await rm(this.#folder, { recursive: true, force: true });
      await rmdir(this.#parts.context.runDirectory).catch(() => undefined);
    }
  }
}

/** @throws GuestwrightError `infrastructure/engine-failed` where the host has ended it: that is no fault of the log */
function ended({ seen }: ProcessEnd): string {
  if (seen.endsWith('(signal SIGKILL)')) throw processDied(seen);
  return `QEMU ended: ${seen}`;
}
