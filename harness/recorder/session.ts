/** A recording with its pages: what they ask for is done, and what has come of it is told to them. */
import type { WebSocket } from 'ws';
import type { Machine } from '../../sdk/machine/types.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { LiveMachine } from '../live/live-machine.js';
import type { FromPage } from '../live/protocol.js';
import { Viewers } from '../live/viewers.js';
import { looksOnly } from './acts.js';
import { isRefusal, Recorder } from './recorder.js';
import type { ScenarioFile } from './scenario-file.js';
import { wordAct } from './word-scenario.js';

export interface SessionParts {
  machine: Machine;
  file: ScenarioFile;
  /** The file, as the user named it. */
  output: string;
}

export class RecordingSession {
  readonly #parts: SessionParts;
  readonly #viewers: Viewers;
  readonly #live: LiveMachine;
  readonly #recorder: Recorder;
  readonly #ended = new AbortController();
  /** Of the machine: it ends the session. */
  #failure: Error | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { machine, file } = parts;
    this.#viewers = new Viewers((message) => void this.#hear(message));
    this.#live = new LiveMachine(machine, this.#viewers, { paused: false });
    this.#recorder = new Recorder({ machine, file, onChange: () => this.#tell() });
    this.#tell();
  }

  looked(frame: Frame): void {
    this.#recorder.looked(frame);
  }

  addPage(socket: WebSocket): void {
    this.#viewers.add(socket);
  }

  end(): void {
    this.#ended.abort();
  }

  /** Until the user ends it. @throws GuestwrightError of the machine */
  async run(): Promise<void> {
    const { signal } = this.#ended;
    while (await this.#live.run(signal)) {
      await this.#recorder.poweredOff();
      // It can still be taken back to before that.
      while (this.#parts.machine.state === 'off' && !signal.aborted) await this.#live.changed(signal);
    }
    if (this.#failure !== null) throw this.#failure;
    this.#viewers.say({ kind: 'over', words: this.words });
  }

  /** How it has ended. */
  get words(): string {
    const { file, output } = this.#parts;
    if (!file.isWritten) return 'Nothing was recorded, so there is no scenario.';
    return `Written: ${output}\nRun it: npx guestwright run ${output}`;
  }

  #tell(busy = false): void {
    const { file, output } = this.#parts;
    const lines = this.#recorder.acts.map(({ id, at, act }) => {
      return { id, at, code: wordAct(act), looksOnly: looksOnly(act) };
    });
    this.#viewers.say({ kind: 'recording', file: output, lines, code: file.code, busy });
  }

  async #hear(message: FromPage): Promise<void> {
    try {
      if (message.kind === 'go') this.end();
      else if (message.kind === 'pause') await this.#live.setPaused(message.paused);
      else await this.#carryOut(message);
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      this.end();
    }
  }

  async #carryOut(message: FromPage): Promise<void> {
    if (this.#live.isPaused && (message.kind === 'key' || message.kind === 'click' || message.kind === 'drag')) {
      this.#viewers.say({ kind: 'said', words: 'The machine is paused: press Run to go on.', bad: true });
      return;
    }
    const isLong = ['undo', 'golden', 'expect', 'expectText'].includes(message.kind);
    if (isLong) this.#tell(true);
    try {
      const words = await this.#recorder.hear(message);
      if (words !== null) this.#viewers.say({ kind: 'said', words, bad: false });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#viewers.say({ kind: 'said', words: error.message, bad: true });
    } finally {
      if (isLong) this.#tell();
      this.#live.wake();
    }
  }
}
