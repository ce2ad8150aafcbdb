/**
 * The console of a machine, in the machine's process: its screen for all who look at it, its keyboard and mouse for the one
 * who has control. It outlives the engine: a machine that is reverted has another one, and its viewers stay.
 */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { groupsOf } from '../../../sdk/input/groups.js';
import { layoutNamed, type Layout } from '../../../sdk/input/layout.js';
import type { Machine } from '../../../sdk/machine/types.js';
import { ScreenBoard, RfbSession } from '../../../sdk/rfb/index.js';
import type { Frame } from '../../../sdk/screen/frame.js';
import { Control, type ControlChange } from './control.js';
import { FrameFeed } from './frame-feed.js';
import { readGreeting, type Greeting } from './greeting.js';
import { InputQueue } from './input-queue.js';
import { withCursor } from './text-cursor.js';
import { Viewer } from './viewer.js';
import type { Watched } from '../process/watched.js';

/** Before anything has been seen: the size of a PC's first screen. */
const FIRST_SIZE = { width: 720, height: 400 };

const MS_PER_MINUTE = 60_000;

export interface ConsoleOptions {
  /** Of the machine. */
  name: string;
  /** Wall minutes without input after which control is released; 0: never. */
  controlIdleMinutes: number;
  /** Wall minutes without input after which a viewer is let go; 0: never. */
  viewerIdleMinutes: number;
  /** @param by name of the token or user; null: nobody did it */
  onEvent: (kind: string, detail: string | null, by: string | null) => void;
}

export class MachineConsole implements AsyncDisposable {
  readonly control: Control;
  readonly #options: ConsoleOptions;
  readonly #board = new ScreenBoard(FIRST_SIZE.width, FIRST_SIZE.height);
  readonly #input: InputQueue;
  readonly #viewers = new Set<Viewer>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #watched: Watched | null = null;
  #layout: Layout = layoutNamed('us');
  #feed: FrameFeed | null = null;
  #shown: Frame['content'] | null = null;

  private constructor(options: ConsoleOptions) {
    this.#options = options;
    this.control = new Control({
      idleMs: options.controlIdleMinutes * MS_PER_MINUTE,
      onChange: (change) => this.#controlChanged(change),
    });
    this.#input = new InputQueue((error) => this.#failed(error));
    this.#server = createServer((socket) => {
      this.#welcome(socket).catch((error: unknown) => this.#failed(error));
    });
  }

  /** @param path of a unix socket in a folder of the user's own. One that is there was left by a process that was killed. */
  static async listen(path: string, options: ConsoleOptions): Promise<MachineConsole> {
    const console = new MachineConsole(options);
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      console.#server.once('error', reject);
      console.#server.listen(path, resolve);
    });
    return console;
  }

  /** From now on this is the machine. @param watched it, as those see it who look on */
  attach(machine: Machine, watched: Watched): void {
    this.#watched = watched;
    [this.#layout] = groupsOf(machine.spec.layout).groups;
    this.#input.attach(machine.hands);
    this.#follow();
  }

  /** The machine is about to end: nothing more is asked of it when this resolves. */
  async detach(): Promise<void> {
    this.#watched = null;
    const feed = this.#feed;
    this.#feed = null;
    await Promise.all([this.#input.detach(), feed?.stop()]);
  }

  /** Somebody has looked at the machine. */
  show(frame: Frame): void {
    // What nobody sees is not drawn; who comes then makes a look of its own.
    if (this.#viewers.size === 0 || frame.content === this.#shown) return;
    this.#shown = frame.content;
    this.#board.show(frame.width, frame.height, withCursor(frame));
  }

  /** Something of the machine's state is otherwise. */
  stir(): void {
    this.#feed?.stir();
  }

  /** The guest goes on, whatever is wrong with its console. */
  #failed(error: unknown): void {
    this.#options.onEvent('failed', error instanceof Error ? (error.stack ?? error.message) : String(error), null);
  }

  #follow(): void {
    const watched = this.#viewers.size > 0 ? this.#watched : null;
    if (watched === null) {
      void this.#feed?.stop();
      this.#feed = null;
      return;
    }
    this.#feed ??= new FrameFeed(
      watched,
      (frame) => this.show(frame),
      (error) => this.#failed(error),
    );
  }

  async #welcome(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const greeting = await readGreeting(socket);
    if (greeting === null) socket.destroy();
    else await this.#serve(socket, greeting);
  }

  async #serve(socket: Socket, greeting: Greeting): Promise<void> {
    const { name, onEvent, viewerIdleMinutes } = this.#options;
    const viewer = new Viewer({
      greeting,
      layout: this.#layout,
      board: this.#board,
      input: this.#input,
      control: this.control,
      idleMs: viewerIdleMinutes * MS_PER_MINUTE,
      onIdle: () => socket.destroy(),
    });
    this.#viewers.add(viewer);
    onEvent('viewer-connected', greeting.mayUse ? null : 'to look only', greeting.by);
    this.#follow();
    const session = new RfbSession({
      stream: socket,
      board: this.#board,
      name,
      password: null,
      onInput: (input) => {
        if (viewer.take(input)) this.#feed?.used();
      },
    });
    const end = await session.run();
    this.#viewers.delete(viewer);
    viewer.leave();
    this.#follow();
    onEvent('viewer-left', viewer.whyIdle ?? (end.kind === 'left' ? null : end.error.message), greeting.by);
  }

  #controlChanged(change: ControlChange): void {
    const { onEvent } = this.#options;
    for (const viewer of this.#viewers) viewer.letGoUnlessInControl();
    if (change.kind === 'taken')
      onEvent('control-taken', change.from === null ? null : `from ${change.from}`, change.by);
    else onEvent('control-released', change.why === 'given-back' ? null : WHY[change.why], change.by);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control.stop();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await this.detach();
  }
}

const WHY = { idle: 'nothing was done for long', left: 'its viewer has gone' } as const;
