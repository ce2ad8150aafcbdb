/**
 * Serial input of a machine whose run is recorded. QEMU hands over what it logs a moment later than it reads it, and goes
 * on reading meanwhile as if the guest's UART had still room: what does not fit is lost. So it is given while the guest
 * stands or sleeps, no more than the UART holds, and more when the UART is empty again (`hw/char/serial.c`).
 */
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import type { QmpClient } from './qmp.js';
import type { SerialPort } from './serial-port.js';

/** What a UART holds whose driver has switched its buffer on (it has 16 places), and what it holds without. */
const BUFFERED = 14;
const UNBUFFERED = 1;

/** Where a PC has its UARTs, and those of their registers that can be read without changing anything. */
const PORTS = [0x3f8, 0x2f8, 0x3e8, 0x2e8] as const;
const REGISTERS = { interruptEnable: 1, interruptReason: 2, lineControl: 3, lineStatus: 5 } as const;
/** In the line status: there is something to be read. */
const DATA_READY = 0x01;
/** In the line control: other registers are where these are. */
const OTHERS = 0x80;
/** In the interrupts that are enabled: "can send". Only of that one asking for the reason changes anything: it is then told. */
const CAN_SEND = 0x02;
/** In the reason: the buffer is on. */
const BUFFER_ON = 0xc0;

/** Wall ms between two looks: at first, and when the guest has not read for long. */
const GAPS = { soonest: 2, latest: 60 };
const SLOWER = 1.5;

const place = z.object({ icount: z.int().min(0) });

type Hold = (qmp: QmpClient, work: () => Promise<void>) => Promise<void>;

interface Waiting {
  port: SerialPort;
  index: number;
  bytes: Uint8Array;
}

export class SerialFeed {
  readonly #hold: Hold;
  #waiting: Waiting[] = [];
  /** The process that is being fed. */
  #fed: QmpClient | null = null;

  /** @param hold does something while the guest stands, or sleeps */
  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** @param qmp null: the machine is off, and hears nothing */
  write(port: SerialPort, index: number, bytes: Uint8Array, qmp: QmpClient | null): void {
    if (qmp === null || bytes.length === 0) return;
    this.#waiting.push({ port, index, bytes });
    if (this.#fed === qmp) return;
    this.#fed = qmp;
    this.#feed(qmp).catch((error: unknown) => {
      // A QEMU that has ended says so where it is asked; its guest hears nothing more.
      if (!(error instanceof GuestwrightError)) throw error;
    });
  }

  /** Another process: what was for the last one is lost, as on any PC that is switched off. */
  forgetProcess(): void {
    this.#waiting = [];
    this.#fed = null;
  }

  async #feed(qmp: QmpClient): Promise<void> {
    let given = -1;
    let gap: number = GAPS.soonest;
    while (this.#fed === qmp) {
      const [first] = this.#waiting;
      if (first === undefined) {
        this.#fed = null;
        return;
      }
      await this.#hold(qmp, async () => {
        const { icount } = await qmp.execute('query-replay', {}, place);
        // What was given last is handed over before the guest goes on.
        const room = icount > given ? await roomIn(qmp, PORTS[first.index] ?? 0) : 0;
        gap = room === 0 ? Math.min(GAPS.latest, gap * SLOWER) : GAPS.soonest;
        if (room === 0) return;
        first.port.write(first.bytes.subarray(0, room));
        first.bytes = first.bytes.subarray(room);
        if (first.bytes.length === 0) this.#waiting.shift();
        // In the second round of its loop, at the latest, QEMU has read it.
        for (let round = 0; round < 2; round++) given = (await qmp.execute('query-replay', {}, place)).icount;
      });
      await setTimeout(gap);
    }
  }
}

/** Bytes that a UART takes now. */
async function roomIn(qmp: QmpClient, port: number): Promise<number> {
  const read = async (register: keyof typeof REGISTERS): Promise<number> =>
    parsePort(await qmp.human(`i /b 0x${(port + REGISTERS[register]).toString(16)}`));
  const [line, control, enabled] = await Promise.all([
    read('lineStatus'),
    read('lineControl'),
    read('interruptEnable'),
  ]);
  if ((line & DATA_READY) !== 0) return 0;
  if ((control & OTHERS) !== 0 || (enabled & CAN_SEND) !== 0) return UNBUFFERED;
  return ((await read('interruptReason')) & BUFFER_ON) === BUFFER_ON ? BUFFERED : UNBUFFERED;
}

/** `portb[0x03fd] = 0x60`. */
function parsePort(text: string): number {
  return Number(/= *(0x[0-9a-f]+)/i.exec(text)?.[1] ?? 0);
}
