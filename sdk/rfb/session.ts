/** A viewer of a screen, from its first byte to its last: what it asks for is sent as fast as it takes it, and no faster. */
import type { Duplex } from 'node:stream';
import { GuestwrightError } from '../errors.js';
import type { Region } from '../screen/content.js';
import { clientMessages, type ClientMessage } from './client-messages.js';
import { COPY, Encoder, head, moved, RAW, ZRLE } from './encode.js';
import { welcome } from './handshake.js';
import { colourMap, OWN_FORMAT, PixelWriter, writePixelFormat } from './pixel-format.js';
import { ReadBytes, viewOf, type Reading } from './reading.js';
import type { ScreenBoard } from './screen-board.js';
import { Viewed } from './viewed.js';

/** Extensions, by the numbers under which a viewer says that it knows them. */
const DESKTOP_SIZE = -223;
const EXTENDED_DESKTOP_SIZE = -308;
const QEMU_KEYS = -258;
const FENCE = -312;
const KNOWN: ReadonlySet<number> = new Set([RAW, COPY, ZRLE, DESKTOP_SIZE, EXTENDED_DESKTOP_SIZE, QEMU_KEYS, FENCE]);

const FENCE_REQUEST = 0x8000_0000;
/** That what was said before it is done before it is answered, and what comes after it later: so is everything here. */
const FENCE_KEPT = 0b11;

/** Why a size is told, and what has come of it. */
const BY_SERVER = { reason: 0, status: 0 };
const REFUSED = { reason: 1, status: 1 };

/** Wall ms between the beginnings of two updates: about 30 a second. */
const UPDATE_EVERY_MS = 33;
/** Of one that waits for what comes of its keys and clicks: for so long after the last of them. */
const UPDATE_EVERY_IN_USE_MS = 16;
const IN_USE_MS = 500;
/** Bytes of answers that a viewer has not taken, from which on nothing more of it is read. */
const MOST_UNREAD = 256 * 1024;
/** Rectangles without pixels that wait for the next update. */
const MOST_NEWS = 16;
/** Wall ms in which the last words to a viewer have to have gone. */
const LAST_WORDS_MS = 5000;

export type ViewerInput = Extract<ClientMessage, { kind: 'key' | 'pointer' }>;

/** How it ended: the viewer went, or it said what cannot be. */
export type SessionEnd = { kind: 'left' } | { kind: 'invalid'; error: GuestwrightError };

export interface RfbSessionParts {
  /** To the viewer. Destroyed at the end. */
  stream: Duplex;
  board: ScreenBoard;
  /** Of the screen, for the viewer's title. */
  name: string;
  /** Null: whoever comes is let in. */
  password: string | null;
  onInput: (input: ViewerInput) => void;
}

export class RfbSession {
  readonly #parts: RfbSessionParts;
  readonly #viewed: Viewed;
  readonly #encoder = new Encoder();
  #writer = new PixelWriter(OWN_FORMAT);
  #encodings: ReadonlySet<number> = new Set();
  #encoding = RAW;
  /** What it waits for; null: it has all that it asked for. */
  #wanted: Region | null = null;
  /** Version of the screen that has nothing new for it. */
  #checked = -1;
  /** The size that it knows, and its number. */
  #told = { width: 0, height: 0, sizes: -1 };
  /** Rectangles that tell it something else than pixels, for the next update. */
  #news: Uint8Array[] = [];
  #updating = false;
  #lastUpdate = -Infinity;
  #lastInput = -Infinity;
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(parts: RfbSessionParts) {
    this.#parts = parts;
    this.#viewed = new Viewed(parts.board);
  }

  /** Until the viewer has gone. */
  async run(): Promise<SessionEnd> {
    const { stream, board } = this.#parts;
    const gone = new Promise<void>((resolve) => stream.once('close', resolve));
    // What is wrong with it ends it.
    stream.on('error', () => stream.destroy());
    const stop = board.onChange(() => this.#pump());
    let end: SessionEnd = { kind: 'left' };
    try {
      const reading = new ReadBytes(this.#read());
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        reading.push(chunk as Uint8Array);
        if (stream.writableLength > MOST_UNREAD) await drained(stream, gone);
      }
    } catch (error) {
      // Connections end in the middle of anything.
      if (error instanceof GuestwrightError) end = { kind: 'invalid', error };
      else if (!stream.destroyed) throw error;
    } finally {
      this.#isOver = true;
      stop();
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#encoder.end();
      endStream(stream);
    }
    return end;
  }

  *#read(): Reading {
    const { password, name, board } = this.#parts;
    const send = (bytes: Uint8Array): void => this.#send([bytes]);
    yield* welcome(send, password);
    // Whether it would share the screen: it does.
    yield 1;
    const words = Buffer.from(name);
    const init = new Uint8Array(24 + words.length);
    const view = viewOf(init);
    this.#told = { width: board.width, height: board.height, sizes: board.sizes };
    view.setUint16(0, board.width);
    view.setUint16(2, board.height);
    init.set(writePixelFormat(OWN_FORMAT), 4);
    view.setUint32(20, words.length);
    init.set(words, 24);
    send(init);
    yield* clientMessages(KNOWN, (message) => this.#take(message));
  }

  #take(message: ClientMessage): void {
    switch (message.kind) {
      case 'format':
        this.#writer = new PixelWriter(message.format);
        if (!message.format.trueColour) this.#send([mapMessage()]);
        return;
      case 'encodings':
        this.#learn(message.encodings);
        return;
      case 'request':
        this.#request(message.part, message.incremental);
        return;
      case 'fence':
        if ((message.flags & FENCE_REQUEST) === 0) return;
        this.#send([fence(message.flags & FENCE_KEPT, message.payload)]);
        return;
      case 'size':
        // The guest alone decides how large its screen is.
        if (this.#encodings.has(EXTENDED_DESKTOP_SIZE)) this.#tell(this.#sizeRectangle(REFUSED));
        this.#pump();
        return;
      case 'key':
      case 'pointer':
        this.#lastInput = performance.now();
        this.#parts.onInput(message);
    }
  }

  #learn(encodings: readonly number[]): void {
    const before = this.#encodings;
    this.#encodings = new Set(encodings);
    this.#encoding = encodings.find((one) => one === RAW || one === ZRLE) ?? RAW;
    this.#viewed.moves = this.#encodings.has(COPY);
    const isNew = (encoding: number): boolean => this.#encodings.has(encoding) && !before.has(encoding);
    // That these are understood is said by using them once.
    if (isNew(FENCE)) this.#send([fence(FENCE_REQUEST, new Uint8Array(0))]);
    if (isNew(QEMU_KEYS)) this.#tell(head({ x: 0, y: 0, width: 0, height: 0 }, QEMU_KEYS));
    if (isNew(EXTENDED_DESKTOP_SIZE)) this.#tell(this.#sizeRectangle(BY_SERVER));
    this.#pump();
  }

  /** With the next update. One that never asks for any is not told for ever. */
  #tell(rectangle: Uint8Array): void {
    if (this.#news.length < MOST_NEWS) this.#news.push(rectangle);
  }

  #request(part: Region, incremental: boolean): void {
    if (!incremental) this.#viewed.forget(part);
    this.#wanted = this.#wanted === null ? part : around(this.#wanted, part);
    this.#checked = -1;
    this.#pump();
  }

  /** Sends what there is, if it is time; else it is tried again when something changes, or in a moment. */
  #pump(): void {
    const { board } = this.#parts;
    if (this.#isOver || this.#updating || this.#wanted === null) return;
    if (this.#checked === board.version && this.#news.length === 0) return;
    const now = performance.now();
    const gap = now - this.#lastInput < IN_USE_MS ? UPDATE_EVERY_IN_USE_MS : UPDATE_EVERY_MS;
    const wait = this.#lastUpdate + gap - now;
    if (wait > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#pump();
      }, wait);
      return;
    }
    this.#checked = board.version;
    const pieces = this.#next(this.#wanted);
    if (pieces === null) return;
    this.#wanted = null;
    this.#lastUpdate = performance.now();
    this.#updating = true;
    void this.#update(pieces);
  }

  async #update(pieces: Promise<Uint8Array[]>): Promise<void> {
    const { stream } = this.#parts;
    const gone = new Promise<void>((resolve) => stream.once('close', resolve));
    this.#send(await pieces);
    await drained(stream, gone);
    this.#updating = false;
    this.#pump();
  }

  /** An update: everything in it is as it is now. Null: there is nothing to tell. */
  #next(wanted: Region): Promise<Uint8Array[]> | null {
    const { board } = this.#parts;
    const news = this.#news;
    this.#news = [];
    if (this.#told.sizes !== board.sizes && this.#knowsSizes) {
      this.#told = { width: board.width, height: board.height, sizes: board.sizes };
      // By itself: what it asked for was a part of another screen. What it had been told of sizes is outdated.
      const size = this.#encodings.has(EXTENDED_DESKTOP_SIZE)
        ? this.#sizeRectangle(BY_SERVER)
        : head({ x: 0, y: 0, width: board.width, height: board.height }, DESKTOP_SIZE);
      const others = news.filter((one) => viewOf(one).getInt32(8) === QEMU_KEYS);
      return Promise.resolve([updateHead(others.length + 1), ...others, size]);
    }
    const { width, height } = this.#told;
    const moves = this.#scroll(wanted);
    const all = this.#viewed.take(wanted);
    const parts = all.map((part) => cut(part, width, height)).filter((part) => part.width > 0 && part.height > 0);
    const rectangles = [...news, ...moves];
    if (parts.length + rectangles.length === 0) return null;
    const screen = { pixels: board.pixels, width: board.width };
    const encoded = this.#encoder.encode(screen, parts, this.#encoding, this.#writer);
    return encoded.then((pieces) => [updateHead(parts.length + rectangles.length), ...rectangles, ...pieces]);
  }

  /** Of a viewer that wants all of the screen, and has its size: at most one rectangle. */
  #scroll(wanted: Region): Uint8Array[] {
    const { width, height } = this.#parts.board;
    const { width: right, height: bottom } = cut(wanted, width, height);
    if (wanted.x + wanted.y > 0 || right < width || bottom < height) return [];
    if (this.#told.width !== width || this.#told.height !== height) return [];
    const scroll = this.#viewed.scroll();
    return scroll === null ? [] : [moved(scroll, width)];
  }

  get #knowsSizes(): boolean {
    return this.#encodings.has(DESKTOP_SIZE) || this.#encodings.has(EXTENDED_DESKTOP_SIZE);
  }

  /** The screen as one that cannot be changed from here. */
  #sizeRectangle({ reason, status }: { reason: number; status: number }): Uint8Array {
    const { width, height } = this.#told;
    const bytes = new Uint8Array(12 + 4 + 16);
    bytes.set(head({ x: reason, y: status, width, height }, EXTENDED_DESKTOP_SIZE));
    const view = viewOf(bytes);
    view.setUint8(12, 1);
    view.setUint16(24, width);
    view.setUint16(26, height);
    return bytes;
  }

  #send(pieces: readonly Uint8Array[]): void {
    const { stream } = this.#parts;
    if (stream.destroyed || stream.writableEnded) return;
    stream.cork();
    for (const piece of pieces) stream.write(piece);
    stream.uncork();
  }
}

async function drained(stream: Duplex, gone: Promise<void>): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return;
  await Promise.race([new Promise<void>((resolve) => stream.once('drain', resolve)), gone]);
}

/** What was said last goes out, to whoever takes it. */
function endStream(stream: Duplex): void {
  if (stream.destroyed) return;
  const late = setTimeout(() => stream.destroy(), LAST_WORDS_MS);
  stream.once('close', () => clearTimeout(late));
  stream.end(() => stream.destroy());
}

function updateHead(rectangles: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint16(2, rectangles);
  return bytes;
}

function fence(flags: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  bytes[0] = 248;
  viewOf(bytes).setUint32(4, flags);
  bytes[8] = payload.length;
  bytes.set(payload, 9);
  return bytes;
}

function mapMessage(): Uint8Array {
  const colours = colourMap();
  const bytes = new Uint8Array(6 + 2 * colours.length);
  const view = viewOf(bytes);
  bytes[0] = 1;
  view.setUint16(4, colours.length / 3);
  for (const [i, value] of colours.entries()) view.setUint16(6 + 2 * i, value);
  return bytes;
}

function around(a: Region, b: Region): Region {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

function cut({ x, y, width, height }: Region, right: number, bottom: number): Region {
  return { x, y, width: Math.min(width, right - x), height: Math.min(height, bottom - y) };
}
