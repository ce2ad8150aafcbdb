import { expect, test } from 'vitest';
import type { QmpClient } from './qmp.js';
import { atInstant } from './recorded-instant.js';

type Turns = Readonly<Record<number, 'wakes and sleeps' | 'falls asleep'>>;

/** A guest that sleeps, or computes; what happens to it is told by number of the question that is asked of it. */
class FakeGuest {
  readonly commands: string[] = [];
  #asleep: boolean;
  #icount = 100;
  #running = true;
  #asked = 0;
  /** So often it is stopped again before it has carried out anything. */
  #idleStretches: number;
  readonly #turns: Turns;

  constructor(state: 'asleep' | 'computing', turns: Turns = {}, idleStretches = 0) {
    this.#idleStretches = idleStretches;
    this.#asleep = state === 'asleep';
    this.#turns = turns;
  }

  readonly qmp = {
    execute: async (command: string) => {
      if (command === 'stop') this.#running = false;
      if (command === 'cont') {
        this.#running = true;
        if (!this.#asleep && this.#idleStretches-- <= 0) this.#icount += 10;
      }
      if (command === 'stop' || command === 'cont') this.commands.push(command);
      if (command === 'query-status') {
        return await Promise.resolve({ status: this.#running ? 'running' : 'paused', running: this.#running });
      }
      if (command === 'query-replay') this.#goOn();
      return await Promise.resolve({ icount: this.#icount });
    },
    human: async () =>
      await Promise.resolve(
        `CPU#0\nEIP=00000000 EFL=00000202 HLT=${this.#asleep ? 1 : 0}\nCS =0010 00000000\nCR0=80050033`,
      ),
  } as unknown as QmpClient;

  #goOn(): void {
    const turn = this.#turns[++this.#asked];
    if (turn !== undefined || (!this.#asleep && this.#running)) this.#icount += 10;
    if (turn === 'falls asleep') this.#asleep = true;
  }
}

const LOOKS = 2;

test('a guest that sleeps is not stopped: QEMU might drop the time that it slept', async () => {
  const guest = new FakeGuest('asleep');
  const held = await atInstant(guest.qmp, async () => await Promise.resolve('seen'), LOOKS);
  expect(held).toEqual({ kind: 'instant', icount: 100, taken: 'seen' });
  expect(guest.commands).toEqual([]);
});

test('what was seen of a guest that woke meanwhile is of no instant: it is looked at again', async () => {
  const guest = new FakeGuest('asleep', { 2: 'wakes and sleeps' });
  let looks = 0;
  const held = await atInstant(guest.qmp, async () => await Promise.resolve(++looks), LOOKS);
  expect(held).toEqual({ kind: 'instant', icount: 110, taken: 2 });
});

test('where it wakes every time, what was seen is handed over all the same, and belongs to no instant', async () => {
  const guest = new FakeGuest('asleep', { 2: 'wakes and sleeps', 4: 'wakes and sleeps', 6: 'wakes and sleeps' });
  const held = await atInstant(guest.qmp, async () => await Promise.resolve('seen'), LOOKS);
  expect(held).toEqual({ kind: 'went-on', taken: 'seen' });
  expect(guest.commands).toEqual([]);
});

test('a guest that computes is stopped, and goes on', async () => {
  const guest = new FakeGuest('computing');
  let stood = false;
  const held = await atInstant(
    guest.qmp,
    async () => {
      stood = guest.commands.at(-1) === 'stop';
      return await Promise.resolve('seen');
    },
    LOOKS,
  );
  expect(held).toMatchObject({ kind: 'instant', taken: 'seen' });
  expect(stood).toBe(true);
  expect(guest.commands).toEqual(['stop', 'cont', 'stop', 'cont']);
});

test('a guest that fell asleep before it was stopped goes on at once, and is then looked at as one that sleeps', async () => {
  const guest = new FakeGuest('computing', { 2: 'falls asleep' });
  const standing: string[][] = [];
  const held = await atInstant(guest.qmp, async () => await Promise.resolve(standing.push([...guest.commands])), LOOKS);
  expect(held.kind).toBe('instant');
  // The first look was of a guest that computed.
  expect(standing).toEqual([[], ['stop', 'cont']]);
});

test('a guest that was stopped before it had carried out anything may only just have been interrupted: that is no instant', async () => {
  const guest = new FakeGuest('computing', {}, 1);
  const held = await atInstant(guest.qmp, async () => await Promise.resolve('seen'), LOOKS);
  expect(held).toMatchObject({ kind: 'instant', taken: 'seen' });
  expect(guest.commands).toEqual(['stop', 'cont', 'stop', 'cont', 'stop', 'cont', 'stop', 'cont']);
});
