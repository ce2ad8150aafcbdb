/**
 * QEMU driven directly, by as little as it takes: what ours is compared with. No types, no checks, no care for anything
 * that goes wrong; its screen is read from the video memory, which only works for a text mode that one knows.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Text of the VGA, where a Linux console scrolls through all of it. */
const TEXT_MEMORY = { address: 0xb8000, bytes: 0x8000 };

interface Message {
  return?: unknown;
  error?: { desc: string };
  event?: string;
  data?: Record<string, unknown>;
}

export class PlainQemu {
  readonly folder: string;
  #child: ChildProcess | null = null;
  #qmp: Socket | null = null;
  #rest = '';
  #answers: ((message: Message) => void)[] = [];
  #events: ((message: Message) => void)[] = [];
  serial = '';
  #serialSocket: Socket | null = null;
  #onSerial: () => void = () => undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(args: readonly string[]): Promise<PlainQemu> {
    const plain = new PlainQemu(mkdtempSync(join(tmpdir(), 'guestwright-bench-')));
    await plain.#launch(args);
    return plain;
  }

  async #launch(args: readonly string[]): Promise<void> {
    const [qmp, serial] = [this.#listen('qmp'), this.#listen('serial')];
    this.#child = spawn(
      'qemu-system-x86_64',
      [
        ...['-nodefaults', '-display', 'none', '-vga', 'std', '-accel', 'tcg', '-cpu', 'max', '-S'],
        ...['-chardev', `socket,id=qmp,path=${join(this.folder, 'qmp')}`, '-mon', 'chardev=qmp,mode=control'],
        ...['-chardev', `socket,id=s,path=${join(this.folder, 'serial')}`, '-serial', 'chardev:s'],
        ...args,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    this.#qmp = await qmp;
    this.#qmp.setEncoding('utf8').on('data', (text: string) => this.#receive(text));
    this.#serialSocket = await serial;
    this.#serialSocket.setEncoding('latin1').on('data', (text: string) => {
      this.serial += text;
      this.#onSerial();
    });
    await this.command('qmp_capabilities');
  }

  async #listen(name: string): Promise<Socket> {
    return await new Promise((resolve) => {
      const server = createServer((socket) => {
        server.close();
        resolve(socket);
      }).listen(join(this.folder, name));
    });
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as Message;
      if ('return' in message || 'error' in message) this.#answers.shift()?.(message);
      else for (const listener of [...this.#events]) listener(message);
    }
  }

  async command(execute: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const answer = await new Promise<Message>((resolve) => {
      this.#answers.push(resolve);
      this.#qmp?.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    });
    if (answer.error !== undefined) throw new Error(`${execute}: ${answer.error.desc}`);
    return answer.return;
  }

  /** The text memory, all of it. */
  async text(): Promise<string> {
    const filename = join(this.folder, 'text');
    await this.command('pmemsave', { val: TEXT_MEMORY.address, size: TEXT_MEMORY.bytes, filename });
    const bytes = readFileSync(filename);
    let text = '';
    for (let at = 0; at < bytes.length; at += 2) text += String.fromCharCode(bytes[at] ?? 0);
    return text;
  }

  async key(qcode: string): Promise<void> {
    for (const down of [true, false]) {
      const data = { down, key: { type: 'qcode', data: qcode } };
      await this.command('input-send-event', { events: [{ type: 'key', data }] });
    }
  }

  /** Writes to the serial port and waits for a text after what was there. */
  async say(text: string, answer: string): Promise<void> {
    const from = this.serial.length;
    this.#serialSocket?.write(text);
    await new Promise<void>((resolve) => {
      this.#onSerial = () => {
        if (this.serial.includes(answer, from)) resolve();
      };
      this.#onSerial();
    });
  }

  async migrate(file: string): Promise<void> {
    const completed = this.#migrated();
    await this.command('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
    await this.command('migrate', { uri: `exec:cat > ${file}` });
    await completed;
    while (((await this.command('query-status')) as { status: string }).status === 'finish-migrate');
  }

  async incoming(file: string): Promise<void> {
    const completed = this.#migrated();
    await this.command('migrate-incoming', { uri: `exec:cat ${file}` });
    await completed;
  }

  async #migrated(): Promise<void> {
    const capabilities = [{ capability: 'events', state: true }];
    const completed = new Promise<void>((resolve) => {
      this.#events.push(({ event, data }) => {
        if (event === 'MIGRATION' && data?.['status'] === 'completed') resolve();
      });
    });
    await this.command('migrate-set-capabilities', { capabilities });
    await completed;
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    for (const socket of [this.#qmp, this.#serialSocket]) socket?.destroy();
    child.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
