/**
 * A fuzzer of what viewers say: valid streams with some of their bytes changed, taken out or doubled. Each case is made from
 * its seed alone. What is thrown is to be an error of ours; never may many bytes be waited for, or kept; what is understood is
 * the same however the bytes come in pieces; every rectangle is on the screen, and every pixel fits its format.
 */
import type { Found } from '../fuzzer.test.helper.js';
import type * as Target from './fuzz-target.test.helper.js';
import type { ClientMessage } from './fuzz-target.test.helper.js';
import type { Reading } from './reading.js';

export type Api = typeof Target;

const KNOWN: ReadonlySet<number> = new Set([0, 1, 16, -223, -308, -312, -258]);
/** Bytes that may be waited for at once. */
const MOST_WANTED = 4096;
/** Of a whole case, on a busy computer too. */
const MOST_MS = 5000;
const SCREEN = { width: 150, height: 70 };
/** Of sides that a board is told to have, and of those that none has. */
const SIDES = [1, 16, 63, 64, 65, 150, 700];

type Next = (below: number) => number;

/** A generator of its own: a case is the same on every computer. */
function chance(seed: number): Next {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

const u16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

const FORMATS = [
  [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0],
  [32, 24, 1, 1, 0, 255, 0, 255, 0, 255, 24, 16, 8],
  [16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0],
  [8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6],
  [8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];

function message(next: Next): number[] {
  switch (next(10)) {
    case 0:
      return [0, 0, 0, 0, ...(FORMATS[next(FORMATS.length)] ?? []), 0, 0, 0];
    case 1: {
      const count = next(20) === 0 ? 3000 : next(8);
      const known = [...KNOWN];
      const one = (): number[] => u32(next(3) === 0 ? next(2 ** 31) : (known[next(known.length)] ?? 0));
      return [2, 0, ...u16(count), ...Array.from({ length: count }, one).flat()];
    }
    case 2:
    case 3: {
      const side = (): number[] => u16(next(8) === 0 ? next(65_536) : next(160));
      return [3, next(2), ...side(), ...side(), ...side(), ...side()];
    }
    case 4:
      return [4, next(2), 0, 0, ...u32(next(2 ** 32))];
    case 5:
      return [5, next(256), ...u16(next(65_536)), ...u16(next(65_536))];
    case 6: {
      const length = next(300);
      return [6, 0, 0, 0, ...u32(length), ...Array.from({ length }, () => next(256))];
    }
    case 7: {
      const length = next(65);
      return [248, 0, 0, 0, ...u32(next(2 ** 32)), length, ...Array.from({ length }, () => next(256))];
    }
    case 8: {
      const screens = next(4);
      return [251, 0, ...u16(next(9000)), ...u16(next(9000)), screens, 0, ...new Array<number>(16 * screens).fill(0)];
    }
    default:
      return next(2) === 0 ? [255, 0, ...u16(next(2)), ...u32(next(2 ** 32)), ...u32(next(512))] : [255, 1, 0, next(3)];
  }
}

/** With a version, a security, ClientInit and messages, in which a few bytes are otherwise. */
function stream(next: Next): Uint8Array {
  const version = ['003.003', '003.007', '003.008', '003.889'][next(4)] ?? '';
  const security = version === '003.003' ? [] : [1];
  const messages = Array.from({ length: 1 + next(12) }, () => message(next)).flat();
  const bytes = [...Buffer.from(`RFB ${version}\n`), ...security, 1, ...messages];
  for (let changes = next(6); changes > 0; changes--) {
    // The handshake is short, and would be the end of most cases.
    const at = next(8) === 0 ? next(bytes.length) : Math.min(bytes.length - 1, 14 + next(bytes.length));
    switch (next(5)) {
      case 0:
        bytes.splice(at, 1 + next(4));
        break;
      case 1:
        bytes.splice(at, 0, ...bytes.slice(at, at + 1 + next(8)));
        break;
      case 2:
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff][next(5)] ?? 0;
        break;
      case 3:
        bytes.splice(at, 4, 0xff, 0xff, 0xff, 0xff);
        break;
      default:
        bytes[at] = next(256);
    }
    if (bytes.length === 0) bytes.push(0);
  }
  return Uint8Array.from(bytes);
}

/** Null: all was well. */
export function runCase(api: Api, seed: number): Found | null {
  const started = performance.now();
  const next = chance(seed);
  try {
    const bytes = stream(next);
    const whole = understood(api, [bytes]);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + next(next(4) === 0 ? 200 : 9);
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    const split = understood(api, pieces);
    if (JSON.stringify(whole) !== JSON.stringify(split)) throw new Error('in pieces it is understood otherwise');
    carryOut(api, whole.messages, next);
    watch(api, next);
    const took = performance.now() - started;
    return took > MOST_MS ? { seed, what: `it took ${took} ms` } : null;
  } catch (error) {
    return { seed, what: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Every message that is understood, and how it ended. */
function understood(api: Api, pieces: readonly Uint8Array[]): { messages: ClientMessage[]; end: string; sent: number } {
  const messages: ClientMessage[] = [];
  let sent = 0;
  const reading = function* (): Reading {
    yield* api.welcome((answer) => (sent += answer.length), null);
    yield 1;
    yield* api.clientMessages(KNOWN, (one) => messages.push(one));
  };
  const bytes = new api.ReadBytes(watched(reading()));
  try {
    for (const piece of pieces) {
      bytes.push(piece);
      if (bytes.rest.length > MOST_WANTED + piece.length) throw new Error(`${bytes.rest.length} bytes are kept`);
    }
    return { messages, end: 'open', sent };
  } catch (error) {
    if (!(error instanceof api.GuestwrightError) || !error.code.startsWith('rfb-')) throw error;
    return { messages, end: error.code, sent };
  }
}

/** What it asks for is looked at. */
function* watched(reading: Reading): Reading {
  let step = reading.next();
  while (step.done !== true) {
    const { value } = step;
    if (!Number.isInteger(value) || value < 0 || value > MOST_WANTED) throw new Error(`${value} bytes are waited for`);
    step = reading.next(yield value);
  }
}

function carryOut(api: Api, messages: readonly ClientMessage[], next: Next): void {
  const board = new api.ScreenBoard(SCREEN.width, SCREEN.height);
  const viewed = new api.Viewed(board);
  let writer = new api.PixelWriter(api.OWN_FORMAT);
  let bits = 32;
  for (const one of messages) {
    switch (one.kind) {
      case 'format':
        writer = new api.PixelWriter(one.format);
        bits = one.format.bitsPerPixel;
        for (const rgb of [0, 0xffffff, next(2 ** 24)]) {
          const value = writer.value(rgb);
          if (value < 0 || value >= 2 ** bits) throw new Error(`the pixel ${value} does not fit ${bits} bits`);
        }
        break;
      case 'encodings':
        if (one.encodings.some((encoding) => !KNOWN.has(encoding))) throw new Error('an encoding that nobody knows');
        if (one.encodings.length > KNOWN.size) throw new Error('an encoding more than once');
        break;
      case 'fence':
        if (one.payload.length > 64) throw new Error(`a fence of ${one.payload.length} bytes`);
        break;
      case 'request': {
        if (next(10) === 0) board.resize(SIDES[next(SIDES.length)] ?? 1, SIDES[next(SIDES.length)] ?? 1);
        if (!one.incremental) viewed.forget(one.part);
        let area = 0;
        for (const part of viewed.take(one.part)) {
          const { x, y, width, height } = part;
          if (x < 0 || y < 0 || width < 1 || height < 1 || x + width > board.width || y + height > board.height) {
            throw new Error(`a rectangle outside of the screen: ${JSON.stringify(part)}`);
          }
          area += width * height;
          if (area <= SCREEN.width * SCREEN.height) {
            const screen = { pixels: board.pixels, width: board.width };
            const tiles = api.encodeZrle(screen, part, writer);
            const most = Math.ceil(width / 64) * Math.ceil(height / 64) + width * height * writer.compactBytes;
            if (tiles.length > most) throw new Error('tiles that are longer than raw ones');
          }
        }
        if (area > board.width * board.height) throw new Error('something is sent twice');
        break;
      }
    }
  }
}

/** A viewer that moves what it has: after each update it has what is on the screen, which scrolls much. */
function watch(api: Api, next: Next): void {
  const board = new api.ScreenBoard(1 + next(150), 1 + next(150));
  const viewed = new api.Viewed(board);
  viewed.moves = true;
  const mine = new Uint32Array(board.pixels.length);
  const all = { x: 0, y: 0, width: board.width, height: board.height };
  for (let updates = 0; updates < 5; updates++) {
    draw(board, next);
    if (next(4) === 0) lose(mine, viewed, board, next);
    const scroll = viewed.scroll();
    if (scroll !== null) {
      const { from, to, rows } = scroll;
      if (Math.min(from, to) < 0 || rows < 1 || Math.max(from, to) + rows > board.height) {
        throw new Error(`a scroll outside of the screen: ${JSON.stringify(scroll)}`);
      }
      mine.copyWithin(to * board.width, from * board.width, (from + rows) * board.width);
    }
    for (const { x, y, width, height } of viewed.take(all)) {
      for (let at = y * board.width + x; at < (y + height) * board.width; at += board.width) {
        mine.set(board.pixels.subarray(at, at + width), at);
      }
    }
    if (mine.some((pixel, i) => pixel !== board.pixels[i])) throw new Error('the viewer has another picture');
  }
}

type Board = InstanceType<Api['ScreenBoard']>;

/** Rows that are there already, moved, and new ones: many of them look alike. */
function draw(board: Board, next: Next): void {
  const { width, height } = board;
  const pixels = board.pixels.slice();
  const distance = next(height);
  if (next(2) === 0) pixels.copyWithin(0, distance * width);
  else pixels.copyWithin(distance * width, 0, (height - distance) * width);
  const [from, rows] = [next(height), next(height)];
  for (let y = from; y < Math.min(height, from + rows); y++) {
    pixels.fill(next(3) === 0 ? next(2) : next(2 ** 24), y * width, (y + 1) * width);
  }
  board.show(width, height, new Uint8Array(pixels.buffer));
}

/** It asks for a part anew because it has something else there. */
function lose(mine: Uint32Array, viewed: InstanceType<Api['Viewed']>, { width, height }: Board, next: Next): void {
  const [x, y] = [next(width), next(height)];
  const part = { x, y, width: 1 + next(width - x), height: 1 + next(height - y) };
  viewed.forget(part);
  for (let row = y; row < y + part.height; row++) mine.fill(1, row * width + x, row * width + x + part.width);
}
