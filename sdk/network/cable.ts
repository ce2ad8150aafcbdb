/** An Ethernet cable to a QEMU: a unix socket on which each frame follows its length (4 bytes), as `-netdev stream` has it. */
import { createServer, type Server, type Socket } from 'node:net';

/** No frame is longer, not even one that a card leaves to be cut up later. */
const LONGEST_FRAME = 128 * 1024;

/** Bytes that wait for a QEMU that does not take them; what comes after that is lost, as on any network. */
const MOST_WAITING = 4 * 1024 * 1024;

const LENGTH = 4;

export class Cable implements AsyncDisposable {
  readonly #server: Server;
  readonly #onPlugged: () => void;
  readonly #onFrame: (frame: Buffer) => void;
  #socket: Socket | null = null;

  private constructor(parts: { onPlugged: () => void; onFrame: (frame: Buffer) => void }) {
    this.#onPlugged = parts.onPlugged;
    this.#onFrame = parts.onFrame;
    this.#server = createServer((socket) => this.#plug(socket));
  }

  /**
   * @param parts.onPlugged is told when a QEMU connects: the first, or one that takes another's place
   */
  static async at(path: string, parts: { onPlugged: () => void; onFrame: (frame: Buffer) => void }): Promise<Cable> {
    const cable = new Cable(parts);
    await new Promise<void>((listening, failed) => {
      cable.#server.once('error', failed);
      cable.#server.listen(path, listening);
    });
    return cable;
  }

  send(frame: Buffer): void {
    const socket = this.#socket;
    if (socket === null || socket.writableLength > MOST_WAITING) return;
    const length = Buffer.alloc(LENGTH);
    length.writeUInt32BE(frame.length);
    socket.write(Buffer.concat([length, frame]));
  }

  #plug(socket: Socket): void {
    // After a revert a new process has the machine, before the old one is gone.
    this.#socket?.destroy();
    this.#socket = socket;
    this.#onPlugged();
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
      while (pending.length >= LENGTH) {
        const length = pending.readUInt32BE();
        if (length > LONGEST_FRAME) {
          socket.destroy();
          return;
        }
        if (pending.length < LENGTH + length) return;
        const frame = pending.subarray(LENGTH, LENGTH + length);
        pending = pending.subarray(LENGTH + length);
        this.#onFrame(frame);
      }
    });
    // QEMU's end: its process is gone, and is missed by whoever waits for the machine.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.#socket?.destroy();
    await closed;
  }
}
