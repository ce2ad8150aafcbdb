/**
 * A host on the guest's network that is part of this process. It sits on the cable between the guest's card and QEMU's
 * network, answers what is sent to its own address, and passes everything else on. So whatever QEMU's network keeps from
 * the guest (`restrict=on`) stays kept, and the guest's connections are told apart, which QEMU's own way to a server on
 * the host (`guestfwd` to a socket) does not do.
 */
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { makeSocketFolder, removeRunDirectory } from '../machine/run-directory.js';
import { Cable } from './cable.js';
import { addressBytes, arpReply, readFrame, tcpFrame } from './frames.js';
import { TcpPort } from './tcp.js';

export interface GuestNetworkParts {
  /** IPv4 address that nothing else on the guest's network has. */
  address: string;
  port: number;
  /** Is given every connection that the guest opens to that address and port. */
  accept: (connection: Duplex) => void;
}

export class GuestNetwork implements AsyncDisposable {
  /** Paths of the unix sockets that QEMU connects to: the guest's card to the one, its own network to the other. */
  readonly sockets: { readonly guest: string; readonly outside: string };
  readonly #folder: string;
  readonly #own: Buffer;
  readonly #tcp: TcpPort;
  #guest: Cable | null = null;
  #outside: Cable | null = null;

  private constructor(folder: string, { address, port, accept }: GuestNetworkParts) {
    this.#folder = folder;
    this.sockets = { guest: join(folder, 'guest'), outside: join(folder, 'outside') };
    this.#own = addressBytes(address);
    this.#tcp = new TcpPort(port, {
      send: (to, segment) => this.#guest?.send(tcpFrame(this.#own, to, segment)),
      accept,
    });
  }

  static async start(parts: GuestNetworkParts): Promise<GuestNetwork> {
    const network = new GuestNetwork(await makeSocketFolder(), parts);
    try {
      await network.#plugIn();
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
    return network;
  }

  async #plugIn(): Promise<void> {
    this.#guest = await Cable.at(this.sockets.guest, {
      // Another process means another guest, or the guest at another time: it knows nothing of these connections.
      onPlugged: () => this.#tcp.reset(),
      onFrame: (frame) => this.#receive(frame),
    });
    this.#outside = await Cable.at(this.sockets.outside, {
      onPlugged: () => undefined,
      onFrame: (frame) => this.#guest?.send(frame),
    });
  }

  #receive(frame: Buffer): void {
    const received = readFrame(frame, this.#own);
    switch (received.kind) {
      case 'arp':
        this.#guest?.send(arpReply(this.#own, received));
        break;
      case 'tcp':
        this.#tcp.receive(received.peer, received.segment);
        break;
      case 'foreign':
        this.#outside?.send(frame);
        break;
      case 'ignored':
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tcp.reset();
    await Promise.all([this.#guest?.[Symbol.asyncDispose](), this.#outside?.[Symbol.asyncDispose]()]);
    await removeRunDirectory(this.#folder);
  }
}
