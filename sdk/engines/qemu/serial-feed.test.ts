import { expect, test } from 'vitest';
import type { QmpClient } from './qmp.js';
import { SerialFeed } from './serial-feed.js';
import type { SerialPort } from './serial-port.js';

/** What was given to a port, and what was asked of QEMU. */
function fake(): { port: SerialPort; given: string[]; qmp: QmpClient; asked: unknown[] } {
  const given: string[] = [];
  const asked: unknown[] = [];
  const port = {
    write: (data: Uint8Array) => {
      given.push(Buffer.from(data).toString());
    },
  };
  const qmp = {
    execute: async (command: string, args: { enable: boolean }) => {
      asked.push([command, args.enable]);
      return await Promise.resolve(undefined);
    },
  };
  return { port: port as unknown as SerialPort, qmp: qmp as unknown as QmpClient, given, asked };
}

function read(feed: SerialFeed, text: string): void {
  for (const character of text) {
    feed.line('serial_read read addr 0x05 val 0x61');
    feed.line(`serial_read read addr 0x00 val 0x${character.charCodeAt(0).toString(16)}`);
  }
}

/** The guest asks why there is an interrupt. */
const WITH_BUFFER = 'serial_read read addr 0x02 val 0xcc';
const WITHOUT_BUFFER = 'serial_read read addr 0x02 val 0x04';

test('a byte at a time is under way until the guest shows that its UART buffers', async () => {
  const feed = new SerialFeed();
  const { port, given, qmp, asked } = fake();
  await feed.write(port, Buffer.from('abcdefghijklmnopqrst'), qmp);
  expect(given).toEqual(['a']);
  read(feed, 'a');
  expect(given).toEqual(['a', 'b']);
  feed.line(WITH_BUFFER);
  expect(given.join('')).toBe('abcdefghijklmno');
  read(feed, 'bcd');
  expect(given.join('')).toBe('abcdefghijklmnopqr');
  feed.line(WITHOUT_BUFFER);
  read(feed, 'efghijklmnopq');
  expect(given.join('')).toBe('abcdefghijklmnopqr');
  read(feed, 'rst');
  expect(given.join('')).toBe('abcdefghijklmnopqrst');
  // The trace is on only while something is under way.
  expect(asked).toEqual([
    ['trace-event-set-state', true],
    ['trace-event-set-state', false],
  ]);
});

test('a driver that reads when there is nothing has taken nothing', async () => {
  const feed = new SerialFeed();
  const { port, given, qmp } = fake();
  await feed.write(port, Buffer.from('ab'), qmp);
  feed.line('serial_read read addr 0x00 val 0x00');
  expect(given).toEqual(['a']);
});

test('after a reset, what the UART held is gone and the rest goes on', async () => {
  const feed = new SerialFeed();
  const { port, given, qmp } = fake();
  await feed.write(port, Buffer.from('ab'), qmp);
  feed.reset();
  expect(given).toEqual(['a', 'b']);
});

test('ports take turns: the trace does not say of which one it tells', async () => {
  const feed = new SerialFeed();
  const [one, two] = [fake(), fake()];
  await feed.write(one.port, Buffer.from('ab'), one.qmp);
  await feed.write(two.port, Buffer.from('cd'), one.qmp);
  expect(two.given).toEqual([]);
  read(feed, 'ab');
  expect(two.given).toEqual(['c']);
});

test('lines of other traces are not taken', () => {
  const feed = new SerialFeed();
  expect(feed.line('ps2_read_data 0x1')).toBe(false);
  expect(feed.line('serial_read read addr 0x05 val 0x60')).toBe(true);
});
