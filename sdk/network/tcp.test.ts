/** Connections of a guest, segment by segment. */
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ACK, addressBytes, FIN, RST, SYN } from './frames.js';
import { GuestNetwork } from './guest-network.js';
import { CableEnd, GuestConnection } from './guest.test.helper.js';

const OWN = addressBytes('10.0.2.100');
let network: GuestNetwork;
let cable: CableEnd;
let accepted: Duplex[];

beforeEach(async () => {
  accepted = [];
  network = await GuestNetwork.start({
    address: '10.0.2.100',
    port: 80,
    accept: (connection) => accepted.push(connection),
  });
  cable = new CableEnd(network.sockets.guest);
});
afterEach(async () => {
  cable.end();
  await network[Symbol.asyncDispose]();
});

const connection = (port = 40_000, to = 80) => new GuestConnection(cable, { address: OWN, port: to }, port);

async function opened(port?: number, window = 65_535): Promise<{ guest: GuestConnection; server: Duplex }> {
  const guest = connection(port);
  guest.window = window;
  await guest.open();
  const server = accepted.at(-1);
  if (server === undefined) throw new Error('not accepted');
  return { guest, server };
}

async function read(stream: Duplex, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const piece = stream.read() as Buffer | null;
    if (piece === null) await new Promise((readable) => stream.once('readable', readable));
    else text += piece.toString();
  }
  return text;
}

test('both sides speak, and end one after the other', async () => {
  const { guest, server } = await opened();
  guest.ask('hello');
  expect(await read(server, 5)).toBe('hello');
  expect((await guest.hear()).ack).toBe(guest.seq);
  server.end('x'.repeat(100_000));
  expect((await guest.rest()).length).toBe(100_000);
  expect((await guest.hear()).ack).toBe(guest.seq);
});

test('what comes twice, or too early, is taken once and in its place', async () => {
  const { guest, server } = await opened();
  const start = guest.seq;
  guest.say(ACK, 'def', start + 3);
  guest.say(ACK, 'abc', start);
  guest.say(ACK, 'bcde', start + 1);
  guest.say(ACK, 'abc', start);
  guest.say(ACK, 'f', start + 5);
  expect(await read(server, 6)).toBe('abcdef');
  const acks: number[] = [];
  for (let i = 0; i < 5; i++) acks.push((await guest.hear()).ack - start);
  expect(acks).toEqual([0, 3, 5, 5, 6]);
});

test('no more is sent than the guest has room for, and it goes on when there is room', async () => {
  const { guest, server } = await opened(40_000, 2000);
  server.end('y'.repeat(5000));
  const [first, second] = [await guest.hear(), await guest.hear()];
  expect([first.data.length, second.data.length]).toEqual([1460, 540]);
  guest.expected += 2000;
  guest.window = 10_000;
  guest.say(ACK);
  expect((await guest.rest()).length).toBe(3000);
});

test('what the guest does not acknowledge is sent again, also when its room was nothing', async () => {
  const { guest, server } = await opened();
  server.write('lost');
  const first = await guest.hear();
  const again = await guest.hear();
  expect([again.seq, again.data.toString()]).toEqual([first.seq, 'lost']);
  guest.expected += 4;
  guest.window = 0;
  guest.say(ACK);
  server.write('more');
  expect((await guest.hear()).data.toString()).toBe('m');
});

test('a guest that is told there is no room waits, and is told when there is', async () => {
  const { guest, server } = await opened();
  const piece = 'z'.repeat(1400);
  let room = 65_535;
  while (room >= 1400) {
    guest.ask(piece);
    room = (await guest.hear()).window;
  }
  const { seq } = guest;
  guest.say(ACK, piece, seq);
  const full = await guest.hear();
  expect(full.window).toBe(0);
  await read(server, 65_535);
  expect((await guest.hear()).window).toBeGreaterThan(1460);
});

test('sequence numbers wrap', async () => {
  const guest = connection();
  guest.seq = 2 ** 32 - 3;
  guest.say(SYN);
  const { seq, ack } = await guest.hear();
  expect(ack).toBe(2 ** 32 - 2);
  guest.expected = (seq + 1) >>> 0;
  guest.say(ACK, 'wrapped', 2 ** 32 - 2);
  expect((await guest.hear()).ack).toBe(5);
  const [server] = accepted;
  expect(await read(server as Duplex, 7)).toBe('wrapped');
});

test('a SYN that is sent again is answered again, a new one is a new connection', async () => {
  const guest = connection();
  guest.say(SYN);
  const first = await guest.hear();
  guest.say(SYN);
  expect((await guest.hear()).seq).toBe(first.seq);
  expect(accepted.length).toBe(1);
  guest.seq += 1000;
  await guest.open();
  expect(accepted.length).toBe(2);
  expect(accepted[0]?.destroyed).toBe(true);
});

test('another port, and a connection that nobody knows, are refused', async () => {
  const closed = connection(40_000, 81);
  closed.say(SYN);
  expect(await closed.hear()).toMatchObject({ flags: RST | ACK, ack: closed.seq + 1 });
  const unknown = connection();
  unknown.expected = 77;
  unknown.say(ACK, 'x');
  expect(await unknown.hear()).toMatchObject({ flags: RST, seq: 77 });
  unknown.say(RST);
  const { guest, server } = await opened(40_001);
  guest.say(RST);
  await new Promise((closedThen) => server.once('close', closedThen));
});

test('what is broken off here is broken off there; an acknowledgement of what was never sent is not believed', async () => {
  const { guest, server } = await opened();
  guest.expected += 10;
  guest.say(ACK);
  expect((await guest.hear()).flags).toBe(ACK);
  server.destroy();
  expect((await guest.hear()).flags).toBe(RST | ACK);
});

test('a guest may have many connections, and not any number', async () => {
  for (let port = 1; port <= 70; port++) await opened(port);
  expect(accepted.filter(({ destroyed }) => destroyed).length).toBe(6);
  expect(accepted[0]?.destroyed).toBe(true);
});

test('another process on the cable is another guest: it has no connections', async () => {
  const { server } = await opened();
  const closed = new Promise((done) => server.once('close', done));
  const other = new CableEnd(network.sockets.guest);
  await closed;
  const guest = new GuestConnection(other, { address: OWN, port: 80 }, 50_000);
  await guest.open();
  guest.say(FIN | ACK);
  expect((await guest.hear()).ack).toBe(guest.seq + 1);
  other.end();
});
