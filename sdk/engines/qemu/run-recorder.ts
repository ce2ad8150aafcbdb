/** Records the run of a machine: what is noted beside QEMU's own log, and what a machine cannot do meanwhile. */
import { join } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import type { RunRecording, StateHash } from '../engine.js';
import type { QemuMachineParts } from './machine.js';
import type { Noted } from './qemu-clock.js';
import type { QemuProcess } from './process.js';
import type { QmpClient } from './qmp.js';
import type { RecordLog } from './record-options.js';
import { programOf, recordedIdentity } from './recorded-identity.js';
import { RecordingClock } from './recording-clock.js';
import { frameHash, hashOf, saveMemory } from './replay-hash.js';
import type { ScreenWatch } from './screen-watch.js';
import { SerialFeed } from './serial-feed.js';

type Seen = Pick<ScreenWatch, 'content' | 'version' | 'look'>;

/** So often the memory of a sleeping guest is saved at most until the guest has not woken meanwhile. */
const HASHES = 8;

export class RunRecorder {
  readonly clock = new RecordingClock();
  readonly serial = new SerialFeed(async (qmp, work) => {
    await this.clock.stand(qmp, work);
  });
  readonly #recording: RunRecording;
  readonly #run: { program: string; identity: string };
  readonly #memory: { memoryMb: number; folder: string };
  /** Of the screen that was looked at last. */
  #frame = { version: -1, hash: '' };

  private constructor(
    recording: RunRecording,
    run: { program: string; identity: string },
    memory: { memoryMb: number; folder: string },
  ) {
    this.#recording = recording;
    this.#run = run;
    this.#memory = memory;
  }

  /** Null: the machine is not recorded. */
  static of({ context, hardware, installation }: QemuMachineParts, folder: string): RunRecorder | null {
    if (hardware.record !== true) return null;
    if (context.recording === undefined) throw new Error('a machine that is recorded needs a place for its recording');
    const { memoryMb } = hardware;
    return new RunRecorder(
      context.recording,
      { program: programOf(installation), identity: recordedIdentity(hardware, installation) },
      { memoryMb, folder },
    );
  }

  /** Of the process that is about to start. */
  get nextLog(): RecordLog {
    return { mode: 'record', file: join(this.#recording.folder, this.clock.nextLog) };
  }

  /** What is noted of a look. */
  frame({ version, content }: Seen): Noted {
    if (version !== this.#frame.version) this.#frame = { version, hash: frameHash(content) };
    return { frame: this.#frame.hash };
  }

  /** Stops the guest. The last mark of a segment: with everything by which a replay can be checked. */
  async end(qmp: QmpClient, screen: Seen): Promise<void> {
    await this.clock.end(qmp, async () => await this.#everything(qmp, screen));
  }

  /** Of the memory alone: what else there is cannot be asked for. It is a mark, too, if the guest stood meanwhile. */
  async stateHash(qmp: QmpClient | null): Promise<StateHash> {
    if (qmp === null) throw cannot('a hash of the state of a machine that is off');
    let hash = '';
    await this.clock.take(
      qmp,
      async () => await saveMemory(qmp, this.#memory),
      async (memory) => {
        hash = await hashOf(memory);
        return { memory: hash };
      },
      HASHES,
    );
    return { hash, parts: { memory: hash } };
  }

  async #everything(qmp: QmpClient, screen: Seen): Promise<Noted> {
    await screen.look(qmp);
    return { ...this.frame(screen), memory: await hashOf(await saveMemory(qmp, this.#memory)) };
  }

  /**
   * Ends the process (null: it has ended) so that its log is whole, and hands the run over.
   * @throws what keeps it from that; the process has ended then, too
   */
  async finish(process: QemuProcess | null, screen: Seen): Promise<void> {
    if (process !== null) {
      try {
        await this.end(process.qmp, screen);
      } catch (error) {
        await process.kill();
        throw error;
      }
      await process.quit();
    }
    await this.#recording.done({ ...this.#run, segments: [...this.clock.segments] });
  }

  /** @throws GuestwrightError `usage/not-while-recording` */
  refuse(what: string): void {
    throw cannot(what);
  }
}

function cannot(what: string): GuestwrightError {
  return new GuestwrightError(`There is no ${what.replace(/^an? /, '')} while a run is recorded`, {
    kind: 'usage',
    code: 'not-while-recording',
    expected: 'keys, pointer, serial ports, resets, power-off and power-on: what a recording can hold',
    seen: what,
    next: 'leave it out of this scenario, or leave `record: true` out of the spec',
  });
}
