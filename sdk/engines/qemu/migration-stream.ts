/**
 * QEMU's migration stream, taken apart: the pages of the guest's memory go one way, where they can be mapped as they are;
 * all the rest stays a stream that QEMU loads, only without those pages. What a stream does not say of a page is left as
 * the machine that loads it has it already.
 *
 * The format is QEMU's `migration/savevm.c` and `migration/ram.c`. It stays the same from version to version, because
 * machines migrate between them.
 */

/** Bytes of a page of the guest, as the stream has them. */
export const PAGE = 4096;

const FILE_MAGIC = 0x5145564d;
const FILE_VERSION = 3;
/** Types of sections. */
const START = 0x01;
const PART = 0x02;
const END = 0x03;
const CONFIGURATION = 0x07;
const FOOTER = 0x7e;
const RAM_VERSION = 4;
/** Flags in the lowest bits of a page's address. */
const ZERO = 0x02;
const SIZES = 0x04;
const FULL = 0x08;
const END_OF_RECORDS = 0x10;
const SAME_BLOCK = 0x20;

/** A header has a name of every block of memory: far less than this. */
const MAX_HEADER = 1 << 16;

export interface StreamOutputs {
  /** Pages that lie next to each other in the guest. The bytes are only lent. */
  memory: (at: number, pages: Uint8Array) => void;
  /** The next of the rest. The bytes are only lent. */
  rest: (bytes: Uint8Array) => void;
}

export type Header =
  | { kind: 'incomplete' }
  /** Not as it is known here: the stream is to be kept as a whole. */
  | { kind: 'unknown'; seen: string }
  | { kind: 'known'; length: number; section: number; blocks: ReadonlyMap<string, number> };

/** A stream that goes on otherwise than it began. */
export class StreamError extends Error {}

export class StreamSplitter {
  readonly #block: { name: string; size: number };
  readonly #to: StreamOutputs;
  /** `whole`: nothing is taken out; `after`: the memory is over. */
  #state: 'header' | 'records' | 'between' | 'after' | 'whole' = 'header';
  #section = 0;
  #last = false;
  /** The block that the last record was of. */
  #current: string | null = null;
  /** One byte a page. */
  readonly #written: Uint8Array;

  /** @param block the memory that is taken out: its name in the stream, and its bytes */
  constructor(block: { name: string; size: number }, to: StreamOutputs) {
    this.#block = block;
    this.#to = to;
    this.#written = new Uint8Array(block.size / PAGE);
  }

  /**
   * Takes the next of the stream; what is not taken has to come again, with more after it.
   * @param bytes are rearranged
   * @returns how many were taken
   * @throws StreamError
   */
  take(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      const before = [this.#state, at].join(' ');
      if (this.#state === 'header') at = this.#takeHeader(bytes);
      else if (this.#state === 'records') at = this.#takeRecords(bytes, at);
      else if (this.#state === 'between') at = this.#takeSection(bytes, at);
      else {
        this.#to.rest(bytes.subarray(at));
        return bytes.length;
      }
      if ([this.#state, at].join(' ') === before) return at;
    }
  }

  /**
   * The stream has ended.
   * @param left what was not taken
   * @returns one byte for each page, which is 1 where it was written; null: nothing was taken out
   * @throws StreamError when it is not all of a stream
   */
  finish(left: Buffer): Uint8Array | null {
    if (this.#state === 'header') this.#to.rest(left);
    else if (this.#state !== 'after' && this.#state !== 'whole') throw new StreamError('the stream ends in the memory');
    return this.#state === 'after' ? this.#written : null;
  }

  #takeHeader(bytes: Buffer): number {
    const header = readHeader(bytes);
    if (header.kind === 'incomplete' && bytes.length < MAX_HEADER) return 0;
    if (header.kind !== 'known' || header.blocks.get(this.#block.name) !== this.#block.size) {
      this.#state = 'whole';
      return 0;
    }
    this.#section = header.section;
    this.#to.rest(bytes.subarray(0, header.length));
    this.#state = 'records';
    return header.length;
  }

  /** What follows the records of a section: its footer, and the head of the next one if that has records too. */
  #takeSection(bytes: Buffer, from: number): number {
    if (this.#last) {
      this.#state = 'after';
      return from;
    }
    // A footer and a head are five bytes each.
    if (bytes.length - from < 10) return from;
    const head = bytes[from] === FOOTER ? from + 5 : from;
    const type = bytes[head];
    if ((type !== PART && type !== END) || bytes.readUInt32BE(head + 1) !== this.#section) {
      throw new StreamError(`a section of type ${type ?? '?'} where the memory goes on`);
    }
    this.#last = type === END;
    this.#to.rest(bytes.subarray(from, head + 5));
    this.#state = 'records';
    return head + 5;
  }

  #takeRecords(bytes: Buffer, from: number): number {
    let at = from;
    /** What is for the rest and has not been given yet begins here. */
    let kept = from;
    const run = { at: 0, from: 0, length: 0 };
    const endRun = (): void => {
      if (run.length > 0) this.#to.memory(run.at, bytes.subarray(run.from, run.from + run.length));
      run.length = 0;
    };
    while (this.#state === 'records') {
      const record = readRecord(bytes, at, this.#current);
      if (record === null) break;
      if (record.kind === 'end') {
        at = record.end;
        this.#state = 'between';
        break;
      }
      this.#current = record.block;
      if (record.block === this.#block.name) {
        if (at > kept) this.#to.rest(bytes.subarray(kept, at));
        kept = record.end;
        const page = this.#page(record.address);
        if (record.kind === 'full') {
          if (run.length > 0 && record.address === run.at + run.length) {
            bytes.copyWithin(run.from + run.length, record.data, record.end);
          } else {
            endRun();
            run.at = record.address;
            run.from = record.data;
          }
          run.length += PAGE;
          this.#written[page] = 1;
        } else if (this.#written[page] === 1) {
          endRun();
          this.#to.memory(record.address, new Uint8Array(PAGE));
        }
      }
      at = record.end;
    }
    endRun();
    if (at > kept) this.#to.rest(bytes.subarray(kept, at));
    return at;
  }

  #page(address: number): number {
    if (address + PAGE > this.#block.size) throw new StreamError(`a page at ${address}, beyond the memory`);
    return address / PAGE;
  }
}

type PageRecord =
  | { kind: 'end'; end: number }
  | { kind: 'full'; block: string; address: number; data: number; end: number }
  | { kind: 'zero'; block: string; address: number; end: number };

/** Null: it is not all there. */
function readRecord(bytes: Buffer, from: number, current: string | null): PageRecord | null {
  if (bytes.length - from < 8) return null;
  const low = bytes.readUInt32BE(from + 4);
  const address = bytes.readUInt32BE(from) * 2 ** 32 + (low - (low % PAGE));
  const flags = low % PAGE;
  let data = from + 8;
  if (flags === END_OF_RECORDS) return { kind: 'end', end: data };
  let block = current;
  if ((flags & SAME_BLOCK) === 0) {
    const name = readName(bytes, data);
    if (name === null) return null;
    block = name.text;
    data = name.end;
  }
  const kind = flags & ~SAME_BLOCK;
  if (block === null || (kind !== FULL && kind !== ZERO)) throw new StreamError(`a record with the flags ${flags}`);
  const end = data + (kind === FULL ? PAGE : 1);
  if (end > bytes.length) return null;
  if (kind === FULL) return { kind: 'full', block, address, data, end };
  if (bytes[data] !== 0) throw new StreamError(`a page filled with ${bytes[data] ?? '?'}`);
  return { kind: 'zero', block, address, end };
}

function readName(bytes: Buffer, from: number): { text: string; end: number } | null {
  const length = bytes[from];
  if (length === undefined || from + 1 + length > bytes.length) return null;
  return { text: bytes.toString('latin1', from + 1, from + 1 + length), end: from + 1 + length };
}

/** Everything up to the list of the blocks of memory. */
export function readHeader(bytes: Buffer): Header {
  const unknown = (seen: string): Header => ({ kind: 'unknown', seen });
  try {
    if (bytes.readUInt32BE(0) !== FILE_MAGIC || bytes.readUInt32BE(4) !== FILE_VERSION) return unknown('no stream');
    let at = 8;
    if (bytes.readUInt8(at) === CONFIGURATION) at += 5 + bytes.readUInt32BE(at + 1);
    if (bytes.readUInt8(at) !== START) return unknown(`a section of type ${bytes.readUInt8(at)}`);
    const section = bytes.readUInt32BE(at + 1);
    const name = readName(bytes, at + 5);
    if (name === null) return { kind: 'incomplete' };
    // After the name: which of several, and the version.
    const version = bytes.readUInt32BE(name.end + 4);
    if (name.text !== 'ram' || version !== RAM_VERSION) return unknown(`a section ${name.text} ${version}`);
    at = name.end + 8;
    const low = bytes.readUInt32BE(at + 4);
    if (low % PAGE !== SIZES) return unknown(`sizes with the flags ${low % PAGE}`);
    let left = bytes.readUInt32BE(at) * 2 ** 32 + low - SIZES;
    at += 8;
    const blocks = new Map<string, number>();
    while (left > 0) {
      const block = readName(bytes, at);
      if (block === null) return { kind: 'incomplete' };
      const size = Number(bytes.readBigUInt64BE(block.end));
      blocks.set(block.text, size);
      left -= size;
      at = block.end + 8;
    }
    return left === 0 ? { kind: 'known', length: at, section, blocks } : unknown('sizes that do not add up');
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'incomplete' };
    throw error;
  }
}
