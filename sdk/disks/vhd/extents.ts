/** Pieces of a disk: ascending, none touches the next. */

/** Bytes. */
export interface Extent {
  offset: number;
  length: number;
}

/** What is in one of two or in both. Both are ascending. */
export function* unite(first: Iterable<Extent>, second: Iterable<Extent>): Iterable<Extent> {
  yield* merge(byOffset(first, second));
}

/** Ascending pieces as few as can be: those that touch or overlap become one. */
export function* merge(pieces: Iterable<Extent>): Iterable<Extent> {
  let open: Extent | null = null;
  for (const { offset, length } of pieces) {
    if (length === 0) continue;
    if (open !== null && offset <= open.offset + open.length) {
      open.length = Math.max(open.length, offset + length - open.offset);
      continue;
    }
    if (open !== null) yield open;
    open = { offset, length };
  }
  if (open !== null) yield open;
}

function* byOffset(first: Iterable<Extent>, second: Iterable<Extent>): Iterable<Extent> {
  const others = second[Symbol.iterator]();
  let other = others.next();
  for (const piece of first) {
    for (; other.done !== true && other.value.offset <= piece.offset; other = others.next()) yield other.value;
    yield piece;
  }
  for (; other.done !== true; other = others.next()) yield other.value;
}

/** Of pieces of a disk what is within `[0, size)`. */
export function* cutAt(size: number, pieces: Iterable<Extent>): Iterable<Extent> {
  for (const { offset, length } of pieces) {
    if (offset >= size) return;
    yield { offset, length: Math.min(length, size - offset) };
  }
}

export function isZero(bytes: Uint8Array): boolean {
  // Eight bytes at a time where they lie so: most of what is asked about is long and all zeros.
  const whole = bytes.byteOffset % 8 === 0 ? Math.floor(bytes.length / 8) : 0;
  const words = new BigUint64Array(bytes.buffer, whole === 0 ? 0 : bytes.byteOffset, whole);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0n) return false;
  for (let i = whole * 8; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
