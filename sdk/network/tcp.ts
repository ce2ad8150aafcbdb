/** A TCP port that guests connect to: what arrives in segments becomes streams, which a server of Node's takes. */
import { randomInt } from 'node:crypto';
import { ACK, RST, SYN, type Peer, type Segment } from './frames.js';
import { after, TcpConnection } from './tcp-connection.js';

/** Connections at once. A guest that opens more loses the one that has been silent for longest. */
const MOST_CONNECTIONS = 64;

export type SendSegment = (to: Peer, segment: Segment) => void;

export class TcpPort {
  readonly #port: number;
  readonly #send: SendSegment;
  readonly #accept: (connection: TcpConnection) => void;
  /** By the guest's address and port; the one that was heard of last is the last. */
  readonly #connections = new Map<string, TcpConnection>();

  constructor(port: number, parts: { send: SendSegment; accept: (connection: TcpConnection) => void }) {
    this.#port = port;
    this.#send = parts.send;
    this.#accept = parts.accept;
  }

  get connections(): number {
    return this.#connections.size;
  }

  receive(peer: Peer, segment: Segment): void {
    const key = `${peer.address.join('.')}:${peer.port}`;
    const connection = this.#connections.get(key);
    const opens = (segment.flags & (SYN | ACK | RST)) === SYN && segment.port === this.#port;
    // A guest that was reset knows nothing of its old connections, and may use their ports again.
    if (opens && connection?.isOpenedBy(segment) !== true) {
      connection?.abandon();
      this.#open(key, peer, segment);
    } else if (connection === undefined || segment.port !== this.#port) {
      this.#refuse(peer, segment);
    } else {
      this.#connections.delete(key);
      this.#connections.set(key, connection);
      connection.receive(segment);
    }
  }

  /** The guest is another one, or is gone: it is told nothing. */
  reset(): void {
    for (const connection of [...this.#connections.values()]) connection.abandon();
  }

  #open(key: string, peer: Peer, segment: Segment): void {
    if (this.#connections.size >= MOST_CONNECTIONS) [...this.#connections.values()][0]?.abandon();
    const connection: TcpConnection = new TcpConnection({
      opening: segment,
      start: randomInt(2 ** 32),
      send: (answer) => this.#send(peer, answer),
      onGone: () => {
        if (this.#connections.get(key) === connection) this.#connections.delete(key);
      },
    });
    this.#connections.set(key, connection);
    this.#accept(connection);
  }

  #refuse(peer: Peer, { port, seq, ack, flags, data }: Segment): void {
    if ((flags & RST) !== 0) return;
    const known = (flags & ACK) !== 0;
    this.#send(peer, {
      port,
      seq: known ? ack : 0,
      ack: known ? 0 : after(seq, data.length + ((flags & SYN) !== 0 ? 1 : 0)),
      flags: known ? RST : RST | ACK,
      window: 0,
      mss: null,
      data: Buffer.alloc(0),
    });
  }
}
