/** `guestwright` under a pseudo terminal. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
export const LEAVE = '\x1d';
export const BACK_TO_NORMAL = '\x1b[0m\x1b[?25h\x1b[?1049l';

export class Session {
  readonly #process;
  /** Everything that went to the terminal. */
  output = '';

  /** @param words the command: needs no quoting */
  constructor(words: string, { cwd = process.cwd(), env = {} }: { cwd?: string; env?: Record<string, string> } = {}) {
    // util-linux's script gives its command a terminal; it takes the command as one string.
    const command = `echo pid=$$; exec '${process.execPath}' '${MAIN}' ${words}`;
    this.#process = execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd,
      env,
      stdin: 'pipe',
      reject: false,
    });
    this.#process.stdout.on('data', (data: Buffer) => {
      this.output += data.toString();
    });
  }

  /** What a reader sees: without colours and cursor movements. */
  get text(): string {
    return this.output.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  }

  async waitFor(pattern: RegExp): Promise<string> {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.text);
        if (match !== null) resolve(match[1] ?? match[0]);
      };
      this.#process.stdout.on('data', look);
      this.#process.stdout.on('end', () =>
        reject(new Error(`${String(pattern)} did not come:\n${this.text.slice(-3000)}`)),
      );
      look();
    });
  }

  async pid(): Promise<number> {
    return Number(await this.waitFor(/pid=(\d+)/));
  }

  type(keys: string): void {
    this.#process.stdin.write(keys);
  }

  async end(): Promise<number | undefined> {
    const { exitCode } = await this.#process;
    return exitCode;
  }
}
