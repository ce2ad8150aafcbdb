/** A guest's end of the cable: enough of TCP to be a careful client, and a careless one. */
import { connect, type Socket } from 'node:net';
import { ACK, checksum, FIN, readFrame, RST, SYN, tcpFrame, type Segment } from './frames.js';

const MAC = Buffer.from([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
export const GUEST = Buffer.from([10, 0, 2, 15]);
const NOTHING: Buffer = Buffer.alloc(0);

/** Frames of a socket, as QEMU sends and takes them. */
export class CableEnd {
  readonly #socket: Socket;
  readonly #frames: Buffer[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (data: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, data]);
      while (this.#pending.length >= 4 && this.#pending.length >= 4 + this.#pending.readUInt32BE()) {
        const end = 4 + this.#pending.readUInt32BE();
        this.#frames.push(Buffer.from(this.#pending.subarray(4, end)));
        this.#pending = this.#pending.subarray(end);
      }
      for (const look of this.#waiting.splice(0)) look();
    });
  }

  get closed(): Promise<void> {
    return new Promise((closed) => this.#socket.once('close', () => closed()));
  }

  send(frame: Buffer): void {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    // In two pieces: nothing says that a frame comes whole.
    this.#socket.write(Buffer.concat([length, frame.subarray(0, 20)]));
    this.#socket.write(frame.subarray(20));
  }

  /** The next frame, or the next of some. */
  async frame(isWanted: (frame: Buffer) => boolean = () => true): Promise<Buffer> {
    for (;;) {
      const index = this.#frames.findIndex(isWanted);
      const [frame] = index < 0 ? [] : this.#frames.splice(index, 1);
      if (frame !== undefined) return frame;
      await new Promise<void>((look) => this.#waiting.push(look));
    }
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** One connection, from the guest's side. */
export class GuestConnection {
  readonly #cable: CableEnd;
  readonly #to: { address: Buffer; port: number };
  readonly port: number;
  /** What is sent next, and what is expected. */
  seq = 5_000_000;
  expected = 0;
  window = 65_535;

  constructor(cable: CableEnd, to: { address: Buffer; port: number }, port: number) {
    this.#cable = cable;
    this.#to = to;
    this.port = port;
  }

  say(flags: number, data: string | Buffer = NOTHING, seq = this.seq): void {
    const { port, address } = this.#to;
    const segment: Segment = {
      port: this.port,
      seq,
      ack: this.expected,
      flags,
      window: this.window,
      mss: (flags & SYN) === 0 ? null : 1460,
      data: Buffer.from(data),
    };
    // From here to there: the helper that makes the server's frames, turned round.
    const frame = tcpFrame(GUEST, { mac: MAC, address, port }, segment);
    MAC.copy(frame, 6);
    this.#cable.send(frame);
  }

  /** The next segment of the server's, whose checksums are right. */
  async hear(): Promise<Segment> {
    const frame = await this.#cable.frame((some) => some.readUInt16BE(36) === this.port);
    const received = readFrame(frame, GUEST);
    if (received.kind !== 'tcp') throw new Error(`heard ${received.kind}`);
    const ip = frame.subarray(14, 34);
    const tcp = frame.subarray(34, 14 + frame.readUInt16BE(16));
    const pseudo = Buffer.concat([ip.subarray(12, 20), Buffer.from([0, 6, tcp.length >> 8, tcp.length & 0xff])]);
    if (checksum(ip) !== 0 || checksum(Buffer.concat([pseudo, tcp])) !== 0) throw new Error('a wrong checksum');
    return received.segment;
  }

  async open(): Promise<void> {
    this.say(SYN);
    const { flags, seq, ack } = await this.hear();
    if (flags !== (SYN | ACK) || ack !== this.seq + 1) throw new Error(`not opened: ${flags}`);
    this.seq++;
    this.expected = (seq + 1) >>> 0;
    this.say(ACK);
  }

  ask(text: string): void {
    this.say(ACK, text);
    this.seq += text.length;
  }

  /** Everything up to the server's end, acknowledged as it comes; then the guest ends, too. */
  async rest(): Promise<string> {
    let text = '';
    for (;;) {
      const segment = await this.hear();
      if ((segment.flags & RST) !== 0) throw new Error('broken off');
      if (segment.seq !== this.expected) continue;
      text += segment.data.toString('latin1');
      const end = (segment.flags & FIN) !== 0;
      this.expected = (segment.seq + segment.data.length + (end ? 1 : 0)) >>> 0;
      if (end) {
        this.say(ACK | FIN);
        this.seq++;
        return text;
      }
      if (segment.data.length > 0) this.say(ACK);
    }
  }
}
