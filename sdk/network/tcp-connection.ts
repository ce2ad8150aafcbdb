/**
 * One TCP connection (RFC 9293), opened by the guest, as a stream.
 *
 * The cable in between loses nothing while the guest takes what it is sent: there is no congestion to be found out, and
 * what is lost because the guest was reset or its card had no room is sent again after a time, one segment at first. A
 * guest may be paused for hours: a connection ends when the guest says so, and never for its silence alone.
 */
import { Duplex } from 'node:stream';
import { ACK, FIN, PSH, RST, sendableMss, SYN, type Segment } from './frames.js';

/** Bytes that may be under way in one direction: without window scaling there cannot be more. */
const LARGEST_WINDOW = 65_535;
const OUR_MSS = 1460;

/** Wall ms without an answer after which something is sent again: doubled each time, up to the longest. */
const FIRST_WAIT = 300;
const LONGEST_WAIT = 10_000;

const NOTHING: Buffer = Buffer.alloc(0);

/** Sequence numbers wrap. */
export const after = (seq: number, bytes: number): number => (seq + bytes) >>> 0;
const distance = (from: number, to: number): number => (to - from) | 0;

export interface TcpConnectionParts {
  /** The guest's SYN. */
  opening: Segment;
  /** The first sequence number of this side. */
  start: number;
  send: (segment: Segment) => void;
  /** Neither side has anything to say any more. */
  onGone: () => void;
}

export class TcpConnection extends Duplex {
  readonly #parts: TcpConnectionParts;
  readonly #port: number;
  readonly #mss: number;
  /** The guest's SYN has been acknowledged, and it knows. */
  #open = false;
  #gone = false;
  /** What is expected of the guest next. */
  #expected: number;
  /** Room that the guest was told of last. */
  #offered = LARGEST_WINDOW;
  #guestHasEnded = false;
  /** The first byte that the guest has not acknowledged, the next to be sent, and the furthest that was sent. */
  #unacknowledged: number;
  #next: number;
  #furthest: number;
  /** What there is to send from `#unacknowledged` on. */
  #queue: Buffer = NOTHING;
  #written: ((error?: Error | null) => void) | null = null;
  /** Our end comes after the queue; it is acknowledged, too. */
  #ends = false;
  #endAcknowledged = false;
  /** Bytes that the guest takes, and how many of them are sent without hearing from it. */
  #window: number;
  #burst = LARGEST_WINDOW;
  #timer: NodeJS.Timeout | null = null;
  #wait = FIRST_WAIT;

  constructor(parts: TcpConnectionParts) {
    // Either side may end before the other.
    super({ allowHalfOpen: true });
    this.#parts = parts;
    const { opening, start } = parts;
    this.#port = opening.port;
    this.#mss = sendableMss(opening.mss);
    this.#window = opening.window;
    this.#expected = after(opening.seq, 1);
    this.#unacknowledged = this.#next = this.#furthest = after(start, 1);
    this.#greet();
    // What breaks off is no failure of anybody's here.
    this.on('error', () => undefined);
  }

  /** Whether this SYN is the one that opened it, sent again. */
  isOpenedBy({ seq }: Segment): boolean {
    return !this.#open && after(seq, 1) === this.#expected;
  }

  receive(segment: Segment): void {
    if (this.#gone) return;
    const { flags } = segment;
    if ((flags & RST) !== 0) {
      // One that is not in its place may be of an earlier connection.
      if (segment.seq === this.#expected) this.abandon();
      return;
    }
    if ((flags & SYN) !== 0) {
      if (this.#open) this.#say(ACK);
      else this.#greet();
      return;
    }
    if ((flags & ACK) === 0) return;
    if (!this.#acknowledge(segment)) {
      this.#say(ACK);
      return;
    }
    this.#take(segment);
    this.#pump();
    this.#leaveIfDone();
  }

  /** Ends it without telling the guest. */
  abandon(): void {
    this.#leave();
    this.destroy();
  }

  /** False when it acknowledges what was never sent. */
  #acknowledge({ ack, window }: Segment): boolean {
    const acknowledged = distance(this.#unacknowledged, ack);
    if (acknowledged > distance(this.#unacknowledged, this.#furthest)) return false;
    // An old one, overtaken.
    if (acknowledged < 0) return true;
    this.#open = true;
    this.#window = window;
    if (acknowledged === 0) return true;
    const bytes = Math.min(acknowledged, this.#queue.length);
    if (acknowledged > bytes) this.#endAcknowledged = true;
    this.#queue = this.#queue.subarray(bytes);
    this.#unacknowledged = ack;
    if (distance(this.#next, ack) > 0) this.#next = ack;
    this.#burst = LARGEST_WINDOW;
    this.#wait = FIRST_WAIT;
    this.#stopTimer();
    if (this.#queue.length === 0) {
      const written = this.#written;
      this.#written = null;
      written?.();
    }
    return true;
  }

  /** Takes what comes next of what the guest sent; the rest it sends again. */
  #take({ seq, flags, data }: Segment): void {
    const known = distance(seq, this.#expected);
    const end = (flags & FIN) !== 0;
    if (data.length === 0 && !end) {
      // A question whether this side is still there has a number that is known.
      if (known > 0) this.#say(ACK);
      return;
    }
    if (known >= 0 && known <= data.length && !this.#guestHasEnded) {
      const room = this.#room();
      const fresh = data.subarray(known, known + room);
      this.#expected = after(this.#expected, fresh.length);
      if (fresh.length > 0) this.push(fresh);
      if (end && known + fresh.length === data.length) {
        this.#expected = after(this.#expected, 1);
        this.#guestHasEnded = true;
        this.push(null);
      }
    }
    this.#say(ACK);
  }

  #room(): number {
    return this.destroyed ? LARGEST_WINDOW : Math.max(0, LARGEST_WINDOW - this.readableLength);
  }

  #pump(): void {
    if (this.#gone || !this.#open) return;
    const most = Math.min(this.#window, this.#burst);
    for (;;) {
      const sent = distance(this.#unacknowledged, this.#next);
      const size = Math.min(this.#mss, this.#queue.length - sent, most - sent);
      if (size <= 0) break;
      this.#say(ACK | (sent + size === this.#queue.length ? PSH : 0), this.#queue.subarray(sent, sent + size));
      this.#advance(size);
    }
    if (this.#ends && !this.#endAcknowledged && distance(this.#unacknowledged, this.#next) === this.#queue.length) {
      this.#say(ACK | FIN);
      this.#advance(1);
    }
    if (this.#queue.length > 0 || (this.#ends && !this.#endAcknowledged)) this.#startTimer();
  }

  #advance(bytes: number): void {
    this.#next = after(this.#next, bytes);
    if (distance(this.#furthest, this.#next) > 0) this.#furthest = this.#next;
  }

  #greet(): void {
    const { start, send } = this.#parts;
    const flags = SYN | ACK;
    send({
      port: this.#port,
      seq: start,
      ack: this.#expected,
      flags,
      window: LARGEST_WINDOW,
      mss: OUR_MSS,
      data: NOTHING,
    });
  }

  #say(flags: number, data = NOTHING): void {
    if (this.#gone) return;
    this.#offered = this.#room();
    const window = this.#offered;
    this.#parts.send({ port: this.#port, seq: this.#next, ack: this.#expected, flags, window, mss: null, data });
  }

  #startTimer(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
      // From where the guest stopped; a window of nothing may have been opened by a message that was lost.
      this.#next = this.#unacknowledged;
      this.#window = Math.max(1, this.#window);
      this.#burst = this.#mss;
      this.#pump();
    }, this.#wait);
    this.#timer.unref();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #leaveIfDone(): void {
    if (this.#guestHasEnded && this.#endAcknowledged) this.#leave();
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#stopTimer();
    this.#written?.(new Error('The guest is gone'));
    this.#written = null;
    this.#parts.onGone();
  }

  override read(size?: number): unknown {
    const data: unknown = super.read(size);
    // There is room again, and the guest has to be told: it waits.
    if (this.#open && this.#offered < OUR_MSS && this.#room() >= OUR_MSS) this.#say(ACK);
    return data;
  }

  override _read(): void {
    // What the guest sends is pushed as it comes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    if (this.#gone) {
      written(new Error('The guest is gone'));
      return;
    }
    if (chunk.length === 0) {
      written();
      return;
    }
    this.#queue = chunk;
    this.#written = written;
    this.#pump();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#ends = true;
    this.#pump();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // What has been ended in order goes on until the guest knows it; anything else is broken off.
    if (!this.#ends && !this.#gone) {
      this.#say(RST | ACK);
      this.#leave();
    }
    done(error);
  }
}
