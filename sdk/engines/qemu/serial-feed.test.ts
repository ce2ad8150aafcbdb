import { expect, test } from 'vitest';
import type { QmpClient } from './qmp.js';
import { SerialFeed } from './serial-feed.js';
import type { SerialPort } from './serial-port.js';

/** A guest whose UART loses what does not fit, as it is behind QEMU's log. */
class FakeGuest {
  readonly heard: number[] = [];
  /** Registers of the UART that were asked for. */
  readonly asked = new Set<number>();
  #uart: number[] = [];
  #given: number[] = [];
  #icount = 0;
  #standsFor: number;
  readonly #buffers: boolean;
  readonly #sends: boolean;

  /**
   * @param parts.slow so often it does something else first
   * @param parts.stuck so often the host does not let it run at all
   */
  constructor({ buffers, sends = false, slow = 0, stuck = 0 }: FakeParts) {
    this.#buffers = buffers;
    this.#sends = sends;
    this.#slow = slow;
    this.#standsFor = stuck;
  }
  #slow: number;

  readonly feed = new SerialFeed(async (_qmp, work) => {
    await work();
    if (this.#standsFor-- > 0) return;
    this.#icount++;
    this.#uart.push(...this.#given.splice(0).slice(0, (this.#buffers ? 16 : 1) - this.#uart.length));
    if (this.#slow-- <= 0) this.heard.push(...this.#uart.splice(0));
  });

  readonly port = {
    write: (data: Uint8Array) => {
      this.#given.push(...data);
    },
  } as unknown as SerialPort;

  readonly qmp = {
    execute: async () => await Promise.resolve({ icount: this.#icount }),
    human: async (command: string) => await Promise.resolve(`portb[0x0] = 0x${this.#register(command).toString(16)}`),
  } as unknown as QmpClient;

  #register(command: string): number {
    const register = parseInt(/0x([0-9a-f]+)/.exec(command)?.[1] ?? '', 16) - 0x3f8;
    this.asked.add(register);
    if (register === 5) return this.#uart.length > 0 ? 0x61 : 0x60;
    if (register === 1) return this.#sends ? 0x07 : 0x05;
    return register === 2 && this.#buffers ? 0xc1 : 0x01;
  }
}

interface FakeParts {
  buffers: boolean;
  sends?: boolean;
  slow?: number;
  stuck?: number;
}

const TEXT = 'the quick brown fox jumps over the lazy dog';

test.each<[string, FakeParts]>([
  ['whose UART buffers', { buffers: true }],
  ['whose UART holds one byte', { buffers: false }],
  ['that is slow to read', { buffers: true, slow: 3 }],
  ['that the host does not let run', { buffers: false, stuck: 3 }],
])('a guest %s hears everything, in its order', async (_what, kind) => {
  const guest = new FakeGuest(kind);
  guest.feed.write(guest.port, 0, Buffer.from(TEXT), guest.qmp);
  guest.feed.write(guest.port, 0, Buffer.from('!'), guest.qmp);
  await expect.poll(() => Buffer.from(guest.heard).toString()).toBe(`${TEXT}!`);
});

test('a guest that is sending is not asked why it has an interrupt: it would miss that it can go on', async () => {
  const guest = new FakeGuest({ buffers: true, sends: true });
  guest.feed.write(guest.port, 0, Buffer.from('abc'), guest.qmp);
  await expect.poll(() => Buffer.from(guest.heard).toString()).toBe('abc');
  expect([...guest.asked]).not.toContain(2);
});

test('a machine that is off hears nothing', () => {
  const guest = new FakeGuest({ buffers: true });
  guest.feed.write(guest.port, 0, Buffer.from(TEXT), null);
  expect(guest.asked.size).toBe(0);
});
