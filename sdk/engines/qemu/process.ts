/** QEMU's process: started, heard, connected to, and ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import { QmpClient, nothing } from './qmp.js';
import { makePipes, openPipes, removePipes, type SerialLine } from './serial-pipes.js';
import { SocketFolder } from './sockets.js';
import { Tpm } from './tpm.js';
import { guardStart } from './watchdog.js';

/** Wall ms within which QEMU has to have connected, and to have ended when asked to. */
const START_MS = 60_000;
const QUIT_MS = 20_000;
/** The numbers of inherited files in QEMU's process: of its own state, and of the guest's memory. */
export const INHERITED = 0;
export const INHERITED_MEMORY = 4;
/** Lines of what QEMU said that are kept for messages. */
const KEPT_LINES = 20;

/** With every reset the log tells the processor's registers: `RAX=…`, `X00=…`, ` x0/zero 0000…`. */
const REGISTERS = /^(?:CPU Reset|[A-Z]{1,4}\d* ?=| [a-z]\w*(?:\/\w+)? +[0-9a-f]{16}\b)/;

export interface ProcessParts {
  program: string;
  /** Made, and removed at the end. */
  folder: string;
  runId: string;
  /** Names of the ports' named pipes, which are made in the folder. */
  ports: readonly string[];
  /** An open file that the process inherits as {@link INHERITED}. */
  inherit: number | null;
  /** See {@link PictureFile.inherited}. */
  pictures: number | null;
  /** An open file that the process inherits as {@link INHERITED_MEMORY}. */
  memory: number | null;
  /** The program of the machine's TPM; null where it has none. */
  swtpm: string | null;
  args: (sockets: { qmp: string; pipes: string }) => string[];
  /** Takes a line of QEMU's log; what it does not take is kept for messages. */
  onLine: (line: string) => boolean;
}

/** How a process ended. */
export interface ProcessEnd {
  /** What it said last, and its exit code or signal, in words. */
  seen: string;
  /** Null: it was killed, or never ran. */
  exitCode: number | null;
}

/** A QEMU that runs, all of its channels connected. */
export class QemuProcess {
  readonly qmp: QmpClient;
  /** In the order of the ports' names. */
  readonly ports: readonly SerialLine[];
  /** Resolved when the process has ended. */
  readonly ended: Promise<ProcessEnd>;
  readonly pid: number;
  readonly #kill: () => void;

  private constructor(qmp: QmpClient, ports: readonly SerialLine[], { ended, kill, pid }: Running) {
    this.qmp = qmp;
    this.ports = ports;
    this.ended = ended;
    this.pid = pid;
    this.#kill = kill;
  }

  /** @throws GuestwrightError `infrastructure/qemu-start` with what QEMU said. Nothing is left running then. */
  static async start(parts: ProcessParts): Promise<QemuProcess> {
    await mkdir(parts.folder, { recursive: true, mode: 0o700 });
    const sockets = await SocketFolder.make(parts.folder);
    const pipes = parts.ports.map((name) => join(parts.folder, name));
    try {
      await removePipes(pipes);
      await makePipes(pipes);
      return await QemuProcess.#connected(parts, sockets, pipes);
    } finally {
      await sockets.close();
      await removePipes(pipes);
    }
  }

  static async #connected(parts: ProcessParts, sockets: SocketFolder, pipes: string[]): Promise<QemuProcess> {
    const qmp = await sockets.listen('qmp');
    const tpm = parts.swtpm === null ? null : await Tpm.start({ ...parts, program: parts.swtpm, sockets });
    const running = run(parts, parts.args({ qmp: qmp.path, pipes: parts.folder }), tpm);
    const { ended, kill } = running;
    try {
      const early = ended.then(({ seen }) => {
        throw startFailed(seen);
      });
      const control = await within(START_MS, Promise.race([qmp.connection, early]));
      const client = await Promise.race([QmpClient.open(control), early]);
      // It answers, so it has opened everything that its command line names.
      return new QemuProcess(client, pipes.map(openPipes), running);
    } catch (error) {
      // A QEMU that has connected and then gives up says why, its connection does not.
      const lost = error instanceof GuestwrightError && error.code === 'qmp-closed';
      if (!lost) kill();
      const { seen } = await ended;
      throw lost ? startFailed(seen) : error;
    }
  }

  /** Ends QEMU, its images written out. */
  async quit(): Promise<void> {
    const asked = this.qmp.execute('quit', {}, nothing).catch(() => undefined);
    const late = setTimeout(() => this.#kill(), QUIT_MS);
    await this.ended;
    await asked;
    clearTimeout(late);
    this.#close();
  }

  /** Ends QEMU at once. What it has not written yet is lost. */
  async kill(): Promise<void> {
    this.#kill();
    await this.ended;
    this.#close();
  }

  /** Of a process that ended by itself: all that it sent has been read when this resolves. */
  async heardOut(): Promise<void> {
    await Promise.all(
      this.ports.map(async ({ fromGuest }) => (fromGuest.closed ? undefined : once(fromGuest, 'close'))),
    );
    this.#close();
  }

  #close(): void {
    this.qmp.close();
    for (const { fromGuest, toGuest } of this.ports) {
      fromGuest.destroy();
      toGuest.destroy();
    }
  }
}

interface Running {
  ended: Promise<ProcessEnd>;
  kill: () => void;
  /** 0: it could not be started, and has ended. */
  pid: number;
}

/** Without execa, which takes 110 ms to load: every first launch would wait for it, and nothing of it is needed. */
function run(
  { program, folder, runId, inherit, pictures, memory, onLine }: ProcessParts,
  args: string[],
  tpm: Tpm | null,
): Running {
  const started = guardStart(folder);
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, GUESTWRIGHT_RUN_ID: runId, GLIBC_TUNABLES: tunables(process.env['GLIBC_TUNABLES']) },
    stdio: [inherit ?? 'ignore', 'ignore', 'pipe', pictures ?? 'ignore', memory ?? 'ignore', tpm?.control ?? 'ignore'],
    // A Ctrl-C at the terminal is for the owner, who ends its machines when it has looked at them.
    detached: true,
  });
  const release = started(child.pid);
  tpm?.handedOver();
  const said: string[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (onLine(line) || REGISTERS.test(line)) continue;
      said.push(line);
      if (said.length > KEPT_LINES) said.shift();
    }
  });
  const ended = howEnded(child).then(async ({ how, exitCode }) => {
    release();
    const tpmSaid = (await tpm?.end()) ?? '';
    const ofTpm = tpmSaid === '' ? '' : `swtpm: ${tpmSaid}`;
    return { seen: [...said, rest, `(${how})`, ofTpm].filter((line) => line !== '').join('\n'), exitCode };
  });
  return { ended, kill: () => child.kill('SIGKILL'), pid: child.pid ?? 0 };
}

/**
 * Where Linux's C library is glibc its memory comes in pages of 2 MB, a few at a time: of the 250 ms that QEMU took to start
 * half went into asking the host for pages of 4 KB. Elsewhere nobody reads this. What the user has set counts more.
 */
function tunables(user: string | undefined): string {
  const ours = ['glibc.malloc.hugetlb=1', `glibc.malloc.top_pad=${16 << 20}`];
  return [...ours, ...(user === undefined || user === '' ? [] : [user])].join(':');
}

/** Resolved when the process has ended and everything that it said has been read. */
async function howEnded(child: ChildProcess): Promise<{ how: string; exitCode: number | null }> {
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve({ how: error.message, exitCode: null }));
    child.once('close', (exitCode, signal) => {
      resolve({ how: signal === null ? `exit code ${exitCode ?? '?'}` : `signal ${signal}`, exitCode });
    });
  });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let handle: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    handle = setTimeout(() => reject(startFailed(`it had not connected after ${ms} ms of wall time`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(handle);
  }
}

function startFailed(seen: string): GuestwrightError {
  return new GuestwrightError('QEMU did not start', {
    kind: 'infrastructure',
    code: 'qemu-start',
    expected: 'a running QEMU, connected to its owner',
    seen,
    next: 'what QEMU says above names the option that it does not take; "guestwright doctor" looks at the host',
  });
}

/** The process has gone although nobody ended it. */
export function processDied(seen: string): GuestwrightError {
  return new GuestwrightError('QEMU ended unexpectedly', {
    kind: 'infrastructure',
    code: 'engine-failed',
    expected: 'a QEMU that runs until its machine is disposed',
    seen,
    next: 'run again; if it was killed (signal SIGKILL), look whether this host ran out of memory',
  });
}
