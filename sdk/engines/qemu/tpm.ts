/**
 * A TPM 2.0 of a machine: swtpm, a process beside QEMU's. Both inherit an end of one connection, so there is no moment at
 * which either could find the other missing, and swtpm ends when QEMU does, however that ends.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import type { SocketFolder } from './sockets.js';
import { guardStart } from './watchdog.js';

/** The number of the inherited connection in QEMU's process. */
export const TPM_CONTROL = 5;

/** Wall ms within which swtpm has to have ended after QEMU. */
const END_MS = 5_000;

/** What swtpm calls the file with everything that a TPM keeps without power. */
const KEPT = 'tpm2-00.permall';
/** Far more than a TPM keeps. */
export const MAX_TPM_BYTES = 1 << 20;

/** Characters of what swtpm said that are kept for messages. */
const KEPT_CHARACTERS = 2_000;

/** @throws GuestwrightError `infrastructure/tpm-missing` with the command that installs it */
export async function findSwtpm(): Promise<string> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const program = join(folder, 'swtpm');
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return program;
  }
  throw new GuestwrightError('A TPM needs the program swtpm, which is not installed', {
    kind: 'infrastructure',
    code: 'tpm-missing',
    expected: 'swtpm on the PATH',
    seen: 'not found',
    next: 'run `npm run setup -- --with tpm` (Debian and Ubuntu: sudo apt-get install swtpm; macOS: brew install swtpm)',
  });
}

/** What a TPM's process is started with. */
export interface TpmParts {
  program: string;
  /** The machine's. */
  folder: string;
  runId: string;
  sockets: SocketFolder;
}

export class Tpm {
  /** QEMU's end of the connection. */
  readonly control: Socket;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string | null>;

  /** @param release called when it has ended */
  private constructor(control: Socket, child: ChildProcess, release: () => void) {
    this.control = control;
    this.#child = child;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-KEPT_CHARACTERS)));
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => {
        resolve(code === 0 ? null : `${said}(${signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`})`);
      });
    });
    void this.#ended.then(release);
  }

  static async start(parts: TpmParts): Promise<Tpm> {
    const folder = join(parts.folder, 'tpm');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { path, connection } = await parts.sockets.listen('swtpm', { paused: true });
    const ours = connect(path);
    const [swtpms] = await Promise.all([connection, once(ours, 'connect')]);
    const args = [
      'socket',
      '--tpm2',
      '--tpmstate',
      'dir=.,mode=0600',
      '--ctrl',
      'type=unixio,clientfd=0',
      '--terminate',
    ];
    const started = guardStart(parts.folder);
    const child = spawn(parts.program, args, {
      // Commas in a path would end it, so it is where swtpm is; and its name tells whose it is.
      cwd: folder,
      argv0: `swtpm ${folder}`,
      env: { ...process.env, GUESTWRIGHT_RUN_ID: parts.runId },
      stdio: [swtpms, 'ignore', 'pipe'],
      // A Ctrl-C at the terminal is for the owner.
      detached: true,
    });
    const release = started(child.pid);
    swtpms.destroy();
    return new Tpm(ours, child, release);
  }

  /** Call when QEMU has its end: with ours open swtpm would not see that QEMU has gone. */
  handedOver(): void {
    this.control.destroy();
  }

  /** After QEMU's end. @returns what swtpm said, when it ended otherwise than it should; null as a rule */
  async end(): Promise<string | null> {
    this.handedOver();
    // One that QEMU never spoke to does not notice.
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    try {
      return await this.#ended;
    } finally {
      clearTimeout(late);
    }
  }
}

/** What the TPM of a machine keeps without power; null before it was first started. @param folder the machine's */
export async function readTpm(folder: string): Promise<Uint8Array | null> {
  try {
    return await readFile(join(folder, 'tpm', KEPT));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Puts it back. The TPM's process must not run. */
export async function writeTpm(folder: string, bytes: Uint8Array | null): Promise<void> {
  const inside = join(folder, 'tpm');
  await rm(inside, { recursive: true, force: true });
  if (bytes === null) return;
  await mkdir(inside, { recursive: true, mode: 0o700 });
  const file = join(inside, KEPT);
  await writeFile(`${file}.new`, bytes, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
