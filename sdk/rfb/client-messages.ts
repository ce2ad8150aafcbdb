/** What viewers say once they are let in (RFC 6143, 7.5, and extensions). Every length in it is theirs: nothing is kept of what is not used. */
import type { Region } from '../screen/content.js';
import { invalid } from './handshake.js';
import { FORMAT_BYTES, readPixelFormat, type PixelFormat } from './pixel-format.js';
import { skip, viewOf, type Reading } from './reading.js';

export type ClientMessage =
  | { kind: 'format'; format: PixelFormat }
  /** In the order in which it likes them; only those that were asked for. */
  | { kind: 'encodings'; encodings: number[] }
  | { kind: 'request'; incremental: boolean; part: Region }
  /** @property scan code of set 1 as QEMU's extension has it, with bit 7 for those after E0; null: by its meaning only */
  | { kind: 'key'; down: boolean; keysym: number; scan: number | null }
  /** @property buttons bit 0: left, 1: middle, 2: right, 3: wheel up, 4: wheel down */
  | { kind: 'pointer'; x: number; y: number; buttons: number }
  | { kind: 'fence'; flags: number; payload: Uint8Array }
  | { kind: 'size'; width: number; height: number };

/** Entries that are read at once. */
const PIECE = 1024;
const FENCE_BYTES = 64;

/** @param known encodings that are told; others are read past */
export function* clientMessages(known: ReadonlySet<number>, take: (message: ClientMessage) => void): Reading<never> {
  for (;;) {
    const [type = 0] = yield 1;
    const message = yield* readMessage(type, known);
    if (message !== null) take(message);
  }
}

function* readMessage(type: number, known: ReadonlySet<number>): Reading<ClientMessage | null> {
  switch (type) {
    case 0: {
      const bytes = yield 3 + FORMAT_BYTES;
      return { kind: 'format', format: readPixelFormat(bytes.subarray(3)) };
    }
    case 2:
      return yield* readEncodings(known);
    case 3: {
      const view = viewOf(yield 9);
      return { kind: 'request', incremental: view.getUint8(0) !== 0, part: regionAt(view, 1) };
    }
    case 4: {
      const view = viewOf(yield 7);
      return { kind: 'key', down: view.getUint8(0) !== 0, keysym: view.getUint32(3), scan: null };
    }
    case 5: {
      const view = viewOf(yield 5);
      return { kind: 'pointer', buttons: view.getUint8(0), x: view.getUint16(1), y: view.getUint16(3) };
    }
    case 6: {
      // Its clipboard is not for the guest. Negative: an extension's, of so many bytes.
      const length = viewOf(yield 7).getInt32(3);
      yield* skip(Math.abs(length));
      return null;
    }
    // Continuous updates, which were not offered.
    case 150:
      yield 9;
      return null;
    case 248:
      return yield* readFence();
    // Power (xvp), which is for whoever has the right for it.
    case 250:
      yield 3;
      return null;
    case 251: {
      const view = viewOf(yield 7);
      const message = { kind: 'size' as const, width: view.getUint16(1), height: view.getUint16(3) };
      yield* skip(16 * view.getUint8(5));
      return message;
    }
    case 255:
      return yield* readQemu();
    default:
      throw invalid('a message of a viewer', `the type ${type}`);
  }
}

function* readEncodings(known: ReadonlySet<number>): Reading<ClientMessage> {
  const count = viewOf(yield 3).getUint16(1);
  const encodings = new Set<number>();
  for (let left = count; left > 0;) {
    const piece = Math.min(left, PIECE);
    const view = viewOf(yield 4 * piece);
    for (let i = 0; i < piece; i++) {
      const encoding = view.getInt32(4 * i);
      if (known.has(encoding)) encodings.add(encoding);
    }
    left -= piece;
  }
  return { kind: 'encodings', encodings: [...encodings] };
}

function* readFence(): Reading<ClientMessage> {
  const view = viewOf(yield 8);
  const flags = view.getUint32(3);
  const length = view.getUint8(7);
  if (length > FENCE_BYTES) throw invalid(`at most ${FENCE_BYTES} bytes in a fence`, `${length} bytes`);
  return { kind: 'fence', flags, payload: Uint8Array.from(yield length) };
}

function* readQemu(): Reading<ClientMessage | null> {
  const [type = 0] = yield 1;
  if (type === 0) {
    const view = viewOf(yield 10);
    const scan = view.getUint32(6);
    return { kind: 'key', down: view.getUint16(0) !== 0, keysym: view.getUint32(2), scan: scan === 0 ? null : scan };
  }
  if (type !== 1) throw invalid("a message of QEMU's extension", `the type ${type}`);
  // Sound, which was not offered: a format has more bytes.
  const operation = viewOf(yield 2).getUint16(0);
  if (operation === 2) yield 6;
  return null;
}

function regionAt(view: DataView, at: number): Region {
  const [x, y, width, height] = [0, 2, 4, 6].map((i) => view.getUint16(at + i));
  return { x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 };
}
