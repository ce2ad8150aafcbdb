/** The pages that look at a machine: each gets pictures as fast as it can show them, and every change of what is said. */
import type { RawData, WebSocket } from 'ws';
import { encodePng } from '../../sdk/reading/png.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { fromPage, type FromPage, type ToPage } from './protocol.js';

interface Viewer {
  socket: WebSocket;
  /** It has shown the picture before. */
  ready: boolean;
  /** The frame it got last. */
  shown: Frame['content'] | null;
}

export class Viewers {
  readonly #viewers = new Set<Viewer>();
  /** The last message of every kind: what a page that comes later has to know. */
  readonly #said = new Map<ToPage['kind'], ToPage>();
  readonly #hear: (message: FromPage) => void;
  #frame: Frame | null = null;
  /** The picture that was encoded last. */
  #png: { of: Frame['content']; bytes: Uint8Array } | null = null;

  /** @param hear is told what pages say, once it has been checked */
  constructor(hear: (message: FromPage) => void) {
    this.#hear = hear;
  }

  get count(): number {
    return this.#viewers.size;
  }

  add(socket: WebSocket): void {
    const viewer: Viewer = { socket, ready: true, shown: null };
    this.#viewers.add(viewer);
    socket.on('close', () => this.#viewers.delete(viewer));
    // What goes wrong ends in `close`.
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => {
      const read = isBinary ? null : fromPage.safeParse(parseJson(wordData(data)));
      // Of a page that is not ours, or of another version: nothing of it can be trusted.
      if (read?.success !== true) {
        socket.close(1008, 'not understood');
        return;
      }
      if (read.data.kind === 'shown') {
        viewer.ready = true;
        this.#send(viewer);
      } else this.#hear(read.data);
    });
    for (const message of this.#said.values()) socket.send(JSON.stringify(message));
    this.#send(viewer);
  }

  show(frame: Frame): void {
    this.#frame = frame;
    for (const viewer of this.#viewers) this.#send(viewer);
  }

  /** @param message one that passes (`said`) is not told again to who comes later */
  say(message: ToPage): void {
    if (message.kind !== 'said') this.#said.set(message.kind, message);
    const text = JSON.stringify(message);
    for (const { socket } of this.#viewers) socket.send(text);
  }

  /** Only if it says something else than the last of its kind. */
  sayChanged(message: ToPage): void {
    if (JSON.stringify(this.#said.get(message.kind)) !== JSON.stringify(message)) this.say(message);
  }

  #send(viewer: Viewer): void {
    const frame = this.#frame;
    if (frame === null || !viewer.ready || viewer.shown === frame.content) return;
    if (this.#png?.of !== frame.content) this.#png = { of: frame.content, bytes: encodePng(frame) };
    viewer.ready = false;
    viewer.shown = frame.content;
    viewer.socket.send(this.#png.bytes);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function wordData(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Uint8Array)).toString('utf8');
}
