import { expect, test } from 'vitest';
import { chunkMap, dataIn } from './memory-image.js';
import { PAGE, readHeader, StreamError, StreamSplitter } from './migration-stream.js';

const MEMORY = { name: 'pc.ram', size: 64 * PAGE };

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u64 = (value: number): Buffer => Buffer.concat([u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32)]);
const named = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const filled = (value: number): Buffer => Buffer.alloc(PAGE, value);

/** A record; without a name it is of the same block as the one before. */
function full(address: number, value: number, name?: string): Buffer {
  const head = u64(address + 0x08 + (name === undefined ? 0x20 : 0));
  return Buffer.concat([head, name === undefined ? Buffer.alloc(0) : named(name), filled(value)]);
}
function zero(address: number, name?: string): Buffer {
  const head = u64(address + 0x02 + (name === undefined ? 0x20 : 0));
  return Buffer.concat([head, name === undefined ? Buffer.alloc(0) : named(name), Buffer.alloc(1)]);
}
const end = u64(0x10);
const footer = Buffer.concat([Buffer.from([0x7e]), u32(2)]);
const section = (type: number): Buffer => Buffer.concat([Buffer.from([type]), u32(2)]);
const devices = Buffer.concat([Buffer.from([0x04]), Buffer.from('whatever the devices say')]);

function header(size = MEMORY.size, version = 4): Buffer {
  return Buffer.concat([
    ...[Buffer.from('QEVM'), u32(3), Buffer.from([7]), u32(2), Buffer.from('pc')],
    ...[section(1), named('ram'), u32(0), u32(version), u64(size + PAGE + 0x04)],
    ...[named('pc.ram'), u64(size), named('vga'), u64(PAGE)],
  ]);
}

/** Gives a stream to a splitter, so many bytes at a time. */
function split(stream: Buffer, by: number): { memory: Buffer; rest: Buffer; written: Uint8Array | null } {
  const memory = Buffer.alloc(MEMORY.size);
  const rest: Buffer[] = [];
  const splitter = new StreamSplitter(MEMORY, {
    memory: (at, pages) => memory.set(pages, at),
    rest: (bytes) => rest.push(Buffer.from(bytes)),
  });
  let left: Buffer = Buffer.alloc(0);
  for (let at = 0; at < stream.length; at += by) {
    left = Buffer.concat([left, stream.subarray(at, at + by)]);
    left = left.subarray(splitter.take(left));
  }
  return { memory, written: splitter.finish(left), rest: Buffer.concat(rest) };
}

const HEAD = [header(), end, footer];
const STREAM = Buffer.concat([
  ...[...HEAD, section(2)],
  ...[full(0, 1, 'pc.ram'), full(PAGE, 2), zero(2 * PAGE), full(0, 9, 'vga'), full(5 * PAGE, 3, 'pc.ram'), end, footer],
  ...[section(3), zero(PAGE), zero(0, 'vga'), end, footer, devices],
]);

for (const by of [1, 7, 5000, 1 << 20]) {
  test(`memory is taken out, and the rest stays a stream, when ${by} bytes come at a time`, () => {
    const { memory, rest, written } = split(STREAM, by);
    const expected = Buffer.alloc(MEMORY.size);
    expected.fill(1, 0, PAGE);
    // The second page was written, and was zeros again when it came for the second time.
    expected.fill(3, 5 * PAGE, 6 * PAGE);
    expect(memory.equals(expected)).toBe(true);
    const kept = [
      ...HEAD,
      section(2),
      full(0, 9, 'vga'),
      end,
      footer,
      section(3),
      zero(0, 'vga'),
      end,
      footer,
      devices,
    ];
    expect(rest.equals(Buffer.concat(kept))).toBe(true);
    expect([...(written ?? [])].flatMap((there, page) => (there === 0 ? [] : [page]))).toEqual([0, 1, 5]);
  });
}

test('a stream that begins in another way, or is of another memory, is kept whole', () => {
  for (const stream of [
    Buffer.concat([header(MEMORY.size, 5), STREAM.subarray(header().length)]),
    Buffer.concat([header(32 * PAGE), STREAM.subarray(header().length)]),
    Buffer.from('something else'),
    Buffer.alloc(100_000),
  ]) {
    const { rest, written } = split(stream, 1000);
    expect(written).toBeNull();
    expect(rest.equals(stream)).toBe(true);
  }
});

test('a stream that goes on in another way, or not at all, is an error', () => {
  const records = (...list: Buffer[]): Buffer => Buffer.concat([...HEAD, section(3), ...list]);
  for (const stream of [
    // Compressed, of no block, beyond the memory, filled with something else than zeros.
    records(u64(0x100 + 0x20), Buffer.alloc(9000)),
    records(zero(0)),
    records(full(MEMORY.size, 1, 'pc.ram')),
    records(u64(0x02), named('pc.ram'), Buffer.from([7])),
    Buffer.concat([...HEAD, section(4), devices]),
    STREAM.subarray(0, STREAM.length - devices.length - footer.length - end.length),
    records(full(0, 1, 'pc.ram').subarray(0, 100)),
  ]) {
    expect(() => split(stream, 1 << 20)).toThrow(StreamError);
  }
});

test('a header is read when all of it is there', () => {
  const whole = header();
  for (let length = 0; length < whole.length; length++) {
    expect(readHeader(whole.subarray(0, length)).kind).toBe('incomplete');
  }
  const seen = readHeader(whole);
  expect(seen).toMatchObject({ kind: 'known', length: whole.length, section: 2 });
});

test('what there is data in is told by chunks of 64 KB, of which those that meet are one part', () => {
  const pages = new Uint8Array(70);
  for (const page of [0, 17, 69]) pages[page] = 1;
  expect(dataIn({ size: 70 * PAGE, map: chunkMap(pages) })).toEqual([
    { offset: 0, size: 32 * PAGE },
    { offset: 64 * PAGE, size: 6 * PAGE },
  ]);
});
