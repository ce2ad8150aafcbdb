/** Files into the guest and out of it. */
import { readFile, stat } from 'node:fs/promises';
import { GuestwrightError } from '../errors.js';
import { writeWhole } from '../images/files.js';
import type { MachinePort } from '../machine/port.js';
import type { Files, GetFileOptions, PutFileOptions } from '../machine/types.js';
import type { MachineShell } from '../serial/shell.js';
import { LARGEST, type FileChannel } from './channel.js';
import { CommandFileChannel } from './command-channel.js';
import { refused, tooLarge, unreadableHere, unwritableHere } from './refused.js';
import { SerialFileChannel } from './serial-channel.js';

/** Over the channel of the machine's shell, whose conditions it shares: somebody has to be logged in. */
export class MachineFiles implements Files {
  readonly #port: MachinePort;
  /** From the fastest on. */
  readonly #channels: readonly [FileChannel, ...FileChannel[]];

  constructor(port: MachinePort, shell: MachineShell) {
    this.#port = port;
    const { expect } = port.timeouts;
    this.#channels = [
      new SerialFileChannel(shell, expect),
      new CommandFileChannel(async (command, timeout) => shell.run(command, { timeout }), expect),
    ];
  }

  /**
   * @throws GuestwrightError `assertion/guest-disk-full`, `assertion/guest-file-not-written`,
   * `assertion/guest-path-is-folder`, `infrastructure/file-differs`, `usage/file-unreadable`, `usage/file-too-large`,
   * and what `shell.run` throws
   */
  async put(path: string, data: Uint8Array | string | { file: string }, options: PutFileOptions = {}): Promise<void> {
    const source = isHostFile(data) ? { file: data.file } : { bytes: byteLength(data) };
    const { mode = null, onProgress } = options;
    const what = isHostFile(data) ? data.file : `${byteLength(data)} bytes`;
    await this.#port.act(
      {
        name: 'files.put',
        title: `Put ${what} into ${path}`,
        params: { path, ...source, ...(mode === null ? {} : { mode }) },
      },
      async () => {
        checkPath(path);
        checkMode(mode);
        const bytes = await bytesOf(data);
        if (bytes.length > LARGEST) throw tooLarge(`${bytes.length} bytes`, LARGEST);
        const told = percentTeller(`putting ${path}`, onProgress);
        const request = { path, bytes, mode, onProgress: (done: number) => told(done, bytes.length) };
        const outcome = await this.#first((channel) => channel.put(request));
        if (outcome.kind !== 'done') throw refused(outcome, { path, way: 'put' });
      },
    );
  }

  async get(path: string, options?: GetFileOptions & { file?: undefined }): Promise<Uint8Array>;
  async get(path: string, options: GetFileOptions & { file: string }): Promise<void>;
  /**
   * @throws GuestwrightError `assertion/guest-file-missing`, `assertion/guest-file-not-readable`,
   * `assertion/guest-path-is-folder`, `infrastructure/file-differs`, `usage/file-too-large`, `usage/file-not-written`,
   * and what `shell.run` throws
   */
  async get(path: string, options: GetFileOptions & { file?: string | undefined } = {}): Promise<Uint8Array | void> {
    const { file, onProgress } = options;
    const title = `Get ${path}${file === undefined ? '' : ` as ${file}`}`;
    return await this.#port.act(
      { name: 'files.get', title, params: { path, ...(file === undefined ? {} : { file }) } },
      async () => {
        checkPath(path);
        const told = percentTeller(`getting ${path}`, onProgress);
        const outcome = await this.#first((channel) => channel.get({ path, onProgress: told }));
        if (outcome.kind !== 'done') throw refused(outcome, { path, way: 'get' });
        if (file === undefined) return outcome.bytes;
        await writeWhole(file, outcome.bytes).catch((error: unknown) => {
          throw unwritableHere(file, error);
        });
      },
    );
  }

  /** What the first channel says that the guest can go; the last one's answer where none can be gone. */
  async #first<T extends { kind: string }>(ask: (channel: FileChannel) => Promise<T>): Promise<T> {
    const [fastest, ...others] = this.#channels;
    let outcome = await ask(fastest);
    for (const channel of others) {
      if (outcome.kind !== 'unable') break;
      outcome = await ask(channel);
    }
    return outcome;
  }
}

const isHostFile = (data: Uint8Array | string | { file: string }): data is { file: string } =>
  typeof data === 'object' && 'file' in data;

function byteLength(data: Uint8Array | string): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

async function bytesOf(data: Uint8Array | string | { file: string }): Promise<Uint8Array> {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (!isHostFile(data)) return new Uint8Array(data);
  try {
    const { size } = await stat(data.file);
    if (size > LARGEST) throw tooLarge(`${data.file}, ${size} bytes`, LARGEST);
    return await readFile(data.file);
  } catch (error) {
    throw error instanceof GuestwrightError ? error : unreadableHere(data.file, error);
  }
}

function checkPath(path: string): void {
  if (path !== '' && !/[\0\n]/.test(path) && !path.endsWith('/')) return;
  throw new GuestwrightError('The path in the guest is not valid', {
    kind: 'usage',
    code: 'guest-path-invalid',
    expected: 'the path of a file, without NUL and newline, that does not end with "/"',
    seen: JSON.stringify(path),
  });
}

function checkMode(mode: number | null): void {
  if (mode === null || (Number.isInteger(mode) && mode >= 0 && mode <= 0o7777)) return;
  throw new GuestwrightError('The mode of the file is not valid', {
    kind: 'usage',
    code: 'file-mode-invalid',
    expected: 'permission bits: 0o644, 0o755',
    seen: String(mode),
  });
}

/** Says how far it is, at most once for each per cent. */
function percentTeller(what: string, onProgress: PutFileOptions['onProgress']): (done: number, total: number) => void {
  let last = -1;
  return (done, total) => {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    if (percent !== last) onProgress?.(`${what}: ${percent} %`);
    last = percent;
  };
}
