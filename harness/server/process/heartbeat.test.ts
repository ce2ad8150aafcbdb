/** The agent of a guest is asked in guest time, and what comes back is not trusted. */
import { expect, test } from 'vitest';
import { Heartbeat, type Asked } from './heartbeat.js';

const settings = { port: 1, every: 10, missed: 3 };

/** A machine whose agent answers what the test says. */
class Guest {
  id = 'run';
  readonly clock = { now: 0 };
  readonly asked: string[] = [];
  output = Buffer.alloc(0);
  readonly events: string[] = [];
  readonly heartbeat = new Heartbeat({ ...settings, onEvent: (kind) => this.events.push(kind) });

  serialPort(): ReturnType<Asked['serialPort']> {
    const port = {
      bytes: (from: number) => {
        const { output } = this;
        return Promise.resolve({
          data: new Uint8Array(output.subarray(Math.min(from, output.length))),
          end: output.length,
        });
      },
      write: (data: Uint8Array) => {
        this.asked.push(Buffer.from(data).toString('latin1'));
        return Promise.resolve();
      },
    };
    return port as ReturnType<Asked['serialPort']>;
  }

  say(text: string | Buffer): void {
    this.output = Buffer.concat([this.output, Buffer.from(text)]);
  }

  get lastAsked(): number {
    return Number(/"id":(\d+)/.exec(this.asked.at(-1) ?? '')?.[1]);
  }

  answer(): void {
    this.say(`{"return": ${this.lastAsked}}\n`);
  }

  /** Guest seconds, a look in each. @param answers whether its agent does */
  async run(seconds: number, answers: boolean): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      const { length } = this.asked;
      await this.heartbeat.beat(this);
      if (answers && this.asked.length > length) this.answer();
      this.clock.now += 1000;
    }
  }
}

test('an agent that answers, stops, and answers again', async () => {
  const guest = new Guest();
  await guest.run(25, true);
  expect([guest.heartbeat.state, guest.events]).toEqual(['ok', ['heartbeat']]);
  expect(guest.asked).toHaveLength(3);
  await guest.run(31, false);
  expect([guest.heartbeat.state, guest.events]).toEqual(['stopped', ['heartbeat', 'heartbeat-stopped']]);
  await guest.run(120, false);
  expect(guest.events).toHaveLength(2);
  // Rarely, and each time with what ends half a line.
  expect(guest.asked.length).toBeLessThan(10);
  expect(guest.asked.at(-1)).toMatch(/^\xff\{"execute":"guest-sync"/);
  await guest.run(61, true);
  expect(guest.events.slice(2)).toEqual(['heartbeat']);
});

test('a guest without an agent has none that stopped, and one that is reset or goes back begins anew', async () => {
  const guest = new Guest();
  await guest.run(300, false);
  expect([guest.heartbeat.state, guest.events]).toEqual(['none', []]);
  await guest.run(70, true);
  expect(guest.heartbeat.state).toBe('ok');
  guest.heartbeat.forget();
  await guest.run(60, false);
  expect([guest.heartbeat.state, guest.events]).toEqual(['none', ['heartbeat']]);
  guest.id = 'another run';
  await guest.run(2, true);
  expect(guest.heartbeat.state).toBe('ok');
});

test('time in which the machine stands is not missed', async () => {
  const guest = new Guest();
  await guest.run(15, true);
  // Nobody looks, and guest time stands: whatever the wall says.
  await guest.run(12, true);
  expect(guest.events).toEqual(['heartbeat']);
});

test.each([
  ['its own echo', (guest: Guest) => guest.asked.at(-1) ?? ''],
  ['nonsense', () => '}{][\n"return"\n\xff\xfe\n'],
  ['the answer to something else', () => '{"return": 7}\n{"return": {}}\n{"error": {}}\n'],
  ['half an answer', (guest: Guest) => `{"return": ${guest.lastAsked}}`],
  [
    'an answer at the end of a line without end',
    (guest: Guest) => `${'x'.repeat(1000)}{"return": ${guest.lastAsked}}\n`,
  ],
  ['a flood', () => 'x'.repeat(1 << 20)],
])('is no answer: %s', async (_, words) => {
  const guest = new Guest();
  await guest.run(1, false);
  guest.say(words(guest));
  await guest.run(5, false);
  expect(guest.events).toEqual([]);
  // What comes after it is heard.
  guest.say('\n');
  await guest.run(1, false);
  guest.answer();
  await guest.run(1, false);
  expect(guest.heartbeat.state).toBe('ok');
});
