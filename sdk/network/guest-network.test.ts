/** The host on the guest's cable: what is for it, and what is passed on. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addressBytes, checksum, macOf, readFrame, SYN, tcpFrame } from './frames.js';
import { GuestNetwork } from './guest-network.js';
import { CableEnd, GUEST } from './guest.test.helper.js';

const OWN = addressBytes('10.0.2.100');
const MAC = Buffer.from([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
const BROADCAST = Buffer.alloc(6, 0xff);

let network: GuestNetwork;
let guest: CableEnd;
let outside: CableEnd;

beforeEach(async () => {
  network = await GuestNetwork.start({ address: '10.0.2.100', port: 80, accept: () => undefined });
  guest = new CableEnd(network.sockets.guest);
  outside = new CableEnd(network.sockets.outside);
  // Once something has come through, both are plugged in.
  outside.send(Buffer.alloc(60, 1));
  await guest.frame();
});
afterEach(async () => {
  guest.end();
  outside.end();
  await network[Symbol.asyncDispose]();
});

function arpRequest(address: Buffer): Buffer {
  const head = Buffer.from([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
  return Buffer.concat([BROADCAST, MAC, head, MAC, GUEST, Buffer.alloc(6), address], 60);
}

test('it answers who has its address, and lets QEMU’s network answer for all others', async () => {
  guest.send(arpRequest(OWN));
  const reply = await guest.frame();
  expect(reply.subarray(0, 6).equals(MAC)).toBe(true);
  expect(reply.readUInt16BE(20)).toBe(2);
  expect(reply.subarray(22, 28).equals(macOf(OWN))).toBe(true);
  expect(reply.subarray(28, 32).equals(OWN)).toBe(true);
  const other = arpRequest(addressBytes('10.0.2.2'));
  guest.send(other);
  expect((await outside.frame()).equals(other)).toBe(true);
});

test('frames go both ways, whatever is in them; those for its own address stay', async () => {
  const broadcast = Buffer.concat([BROADCAST, MAC, Buffer.from([8, 0]), Buffer.alloc(300, 7)]);
  const ping = tcpFrame(GUEST, { mac: macOf(OWN), address: OWN, port: 80 }, segment());
  ping[14 + 9] = 1;
  guest.send(ping);
  guest.send(broadcast);
  expect((await outside.frame()).equals(broadcast)).toBe(true);
  const back = Buffer.alloc(1514, 9);
  outside.send(back);
  expect((await guest.frame()).equals(back)).toBe(true);
});

test('a length that no frame has ends the connection, and another may be made', async () => {
  const hostile = new CableEnd(network.sockets.guest);
  const { closed } = hostile;
  hostile.send(Buffer.alloc(200_000));
  await closed;
  const next = new CableEnd(network.sockets.guest);
  next.send(arpRequest(OWN));
  expect((await next.frame()).readUInt16BE(20)).toBe(2);
  next.end();
});

test('nothing is left of it', async () => {
  const { closed } = guest;
  await network[Symbol.asyncDispose]();
  await closed;
  expect(existsSync(network.sockets.guest)).toBe(false);
});

test('frames that are cut short, fragments and nonsense are no segments, and do no harm', () => {
  const whole = tcpFrame(GUEST, { mac: macOf(OWN), address: OWN, port: 80 }, segment());
  expect(readFrame(whole, OWN).kind).toBe('tcp');
  for (let length = 0; length < 14 + 40; length++) {
    expect(['foreign', 'ignored']).toContain(readFrame(whole.subarray(0, length), OWN).kind);
  }
  const changed = (at: number, value: number): string => {
    const frame = Buffer.from(whole);
    frame[at] = value;
    return readFrame(frame, OWN).kind;
  };
  // Version, header length, more fragments, data offset.
  expect([changed(14, 0x65), changed(14, 0x41), changed(20, 0x20), changed(46, 0x10), changed(46, 0xf0)]).toEqual(
    Array.from({ length: 5 }, () => 'ignored'),
  );
  // An option of length nought must not be read for ever.
  expect(changed(54, 9)).toBe('tcp');
  expect(changed(55, 0)).toBe('tcp');
});

test('the checksum is the Internet’s (RFC 1071)', () => {
  expect(checksum(Buffer.from('0001f203f4f5f6f7', 'hex'))).toBe(0x220d);
  expect(checksum(Buffer.from([0xff]))).toBe(0x00ff);
});

function segment() {
  return { port: 40_000, seq: 1, ack: 0, flags: SYN, window: 1000, mss: 1460, data: Buffer.alloc(0) };
}
