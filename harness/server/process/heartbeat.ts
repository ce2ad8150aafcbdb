/**
 * Whether the guest's agent answers: QEMU's guest agent (`qemu-ga`), or whatever speaks its protocol, on a serial port. It is
 * asked in guest time, and only while somebody looks after the machine anyway (see `HostedMachine`): one that stands misses
 * nothing. What comes back is the guest's, and trusted with nothing but a number.
 */
import { z } from 'zod';
import type { Machine } from '../../../sdk/machine/types.js';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { HeartbeatSettings } from '../machines/config.js';
import type { HeartbeatState } from '../machines/status.js';

/** Guest seconds between two questions while nobody answers, if the setting is not longer. */
const RARELY = 60;
/** Bytes of a line beyond which it is no answer. */
const LONGEST_LINE = 256;
/** Bytes of output that are looked at, at once: an agent sends no more. */
const MOST_BYTES = 16 * 1024;
/** Ends what an agent may have got half of. */
const END_OF_HALF = 0xff;

/** To `guest-sync`: the number that it was asked with. */
const answer = z.object({ return: z.int() });

export interface HeartbeatParts extends HeartbeatSettings {
  onEvent: (kind: 'heartbeat' | 'heartbeat-stopped', detail: string) => void;
}

/** What is asked of a machine. */
export type Asked = Pick<Machine, 'id' | 'serialPort'> & { clock: Pick<Machine['clock'], 'now'> };

export class Heartbeat {
  readonly #parts: HeartbeatParts;
  state: HeartbeatState = 'none';
  /** Null: it begins anew. */
  #run: string | null = null;
  /** Bytes of the port's output that have been looked at. */
  #read = 0;
  #line = '';
  /** The line is longer than an answer can be: it is no answer, however it ends. */
  #isTooLong = false;
  /** Numbers that were asked with: those after the first and up to the last. */
  #asked = { first: 0, last: 0 };
  /** Guest ms. */
  #askedAt = -Infinity;
  #answeredAt = 0;
  /** Questions since the last answer. */
  #unanswered = 0;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** The guest starts anew: it has no agent yet. */
  forget(): void {
    this.#run = null;
    this.state = 'none';
  }

  /** Looks for an answer, and asks again when it is time. Of a machine that runs. */
  async beat(machine: Asked): Promise<void> {
    try {
      if (this.#run !== machine.id) await this.#begin(machine);
      const { now } = machine.clock;
      if (await this.#isAnswered(machine)) this.#answered(now);
      else this.#judge(now);
      if (now - this.#askedAt >= this.#everyMs) await this.#ask(machine);
    } catch (error) {
      // It has stopped meanwhile. Why is told by whoever looks after it.
      if (!(error instanceof GuestwrightError)) throw error;
    }
  }

  get #everyMs(): number {
    const { every, missed } = this.#parts;
    return (this.#unanswered <= missed ? every : Math.max(every, RARELY)) * 1000;
  }

  async #begin(machine: Asked): Promise<void> {
    this.forget();
    const { end } = await machine.serialPort(this.#parts.port).bytes(Number.MAX_SAFE_INTEGER);
    this.#read = end;
    this.#line = '';
    this.#isTooLong = false;
    // What was asked before, of another run, is not answered to this one.
    const first = Math.floor(Math.random() * 1e9);
    this.#asked = { first, last: first };
    this.#askedAt = -Infinity;
    this.#unanswered = 0;
    this.#run = machine.id;
  }

  async #ask(machine: Asked): Promise<void> {
    const id = ++this.#asked.last;
    const text = Buffer.from(`{"execute":"guest-sync","arguments":{"id":${id}}}\n`);
    const isHalf = this.#unanswered++ > 0;
    this.#askedAt = machine.clock.now;
    await machine.serialPort(this.#parts.port).write(isHalf ? Buffer.concat([Buffer.from([END_OF_HALF]), text]) : text);
  }

  async #isAnswered(machine: Asked): Promise<boolean> {
    const { data, end } = await machine.serialPort(this.#parts.port).bytes(this.#read);
    this.#read = end;
    let answered = false;
    for (const byte of data.subarray(-MOST_BYTES)) {
      if (byte !== 0x0a) {
        if (this.#line.length < LONGEST_LINE) this.#line += String.fromCharCode(byte);
        else this.#isTooLong = true;
        continue;
      }
      if (!this.#isTooLong && this.#isAnswer(this.#line)) answered = true;
      this.#line = '';
      this.#isTooLong = false;
    }
    return answered;
  }

  /** To anything that was asked in this run: it may have waited for its agent for long. */
  #isAnswer(line: string): boolean {
    let value: unknown;
    try {
      value = JSON.parse(line.replaceAll('\xff', ''));
    } catch {
      return false;
    }
    const read = answer.safeParse(value);
    return read.success && read.data.return > this.#asked.first && read.data.return <= this.#asked.last;
  }

  #answered(now: number): void {
    this.#answeredAt = now;
    this.#unanswered = 0;
    if (this.state === 'ok') return;
    this.state = 'ok';
    this.#parts.onEvent('heartbeat', `the guest agent on serial port ${this.#parts.port} answers`);
  }

  #judge(now: number): void {
    const { port, every, missed } = this.#parts;
    if (this.state !== 'ok' || now - this.#answeredAt < missed * every * 1000) return;
    this.state = 'stopped';
    const seconds = Math.floor((now - this.#answeredAt) / 1000);
    this.#parts.onEvent(
      'heartbeat-stopped',
      `the guest agent on serial port ${port} has not answered for ${seconds} s of guest time`,
    );
  }
}
