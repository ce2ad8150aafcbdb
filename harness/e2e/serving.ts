/** `guestwright serve` in a temporary folder, and commands that use it, as processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

export interface Said {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** What it reads from its input. */
  input?: string;
  env?: Record<string, string>;
}

export class Serving implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'guestwright-test-serving-'));
  #daemon: ResultPromise<{ reject: false; all: true }> | null = null;

  get env(): Record<string, string> {
    return { GUESTWRIGHT_HOST_FOLDER: join(this.folder, 'host') };
  }

  /** Starts the daemon. @returns its address, and all that it said until it could be used */
  async serve(...args: string[]): Promise<{ url: string; said: string }> {
    const daemon = execa(process.execPath, [MAIN, 'serve', ...args], {
      env: this.env,
      reject: false,
      all: true,
      cwd: this.folder,
    });
    this.#daemon = daemon;
    let said = '';
    await new Promise<void>((resolve) => {
      daemon.all.on('data', (text: Buffer) => {
        said += text.toString();
        if (said.includes('#code=')) resolve();
      });
      daemon.all.once('end', resolve);
    });
    return { url: /is served at (\S+): /.exec(said)?.[1] ?? '', said };
  }

  async run(args: readonly string[], { input = '', env = {} }: RunOptions = {}): Promise<Said> {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN, ...args], {
      env: { ...this.env, ...env },
      reject: false,
      cwd: this.folder,
      input,
    });
    return { exitCode, stdout, stderr };
  }

  /** A command that goes on until it is killed. */
  start(args: readonly string[]): ResultPromise<{ reject: false; all: true }> {
    return execa(process.execPath, [MAIN, ...args], { env: this.env, reject: false, all: true, cwd: this.folder });
  }

  async stop(): Promise<void> {
    this.#daemon?.kill('SIGTERM');
    await this.#daemon;
    this.#daemon = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The command's program, for a terminal of its own. */
export const GUESTWRIGHT: readonly string[] = [process.execPath, MAIN];
