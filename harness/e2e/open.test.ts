/** `guestwright open` under a pseudo terminal. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { UserFolder } from './command-line.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const LEAVE = '\x1d';
const BACK_TO_NORMAL = '\x1b[0m\x1b[?25h\x1b[?1049l';

class Session {
  readonly #process;
  /** Everything that went to the terminal. */
  output = '';

  /** @param target needs no quoting */
  constructor(target: string, cwd = process.cwd()) {
    // util-linux's script gives its command a terminal; it takes the command as one string.
    const command = `echo pid=$$; exec '${process.execPath}' '${MAIN}' open ${target}`;
    this.#process = execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd,
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

test('the screen is shown, keys go to the guest, and Ctrl-] leaves the terminal as it was', async () => {
  const session = new Session('grub-rescue:floppy');
  await session.waitFor(/GNU GRUB/);
  await session.waitFor(/grub-rescue:floppy \| [\d.]+ s \| running \|.* Ctrl-\] leaves/);
  // Arrow keys, Escape sequences as they are, stop the countdown of the menu.
  session.type('\x1b[B\x1b[A');
  session.type('c');
  await session.waitFor(/grub>/);
  session.type('echo hi there\r');
  await session.waitFor(/(?<!echo )hi there/);
  session.type(LEAVE);
  expect(await session.end()).toBe(0);
  expect(session.output).toContain(BACK_TO_NORMAL);
  expect(session.text).toMatch(/Left grub-rescue:floppy after [\d.]+ s of guest time/);
});

test('a spec file is opened; a key that its layout does not have is named, and the session goes on', async () => {
  await using folder = await UserFolder.empty();
  await folder.write({ 'bare.json': '{"disks": [{"sizeMb": 1}]}' });
  const session = new Session('bare.json', folder.path);
  await session.waitFor(/SeaBIOS/);
  session.type('é');
  await session.waitFor(/\| running \| .*é/);
  session.type(LEAVE);
  expect(await session.end()).toBe(0);
});

test('a guest of the project is opened; a signal ends it, and the terminal is as it was', async () => {
  await using folder = await UserFolder.installed({
    'playwright.config.ts': `
      import { defineConfig, defineGuests } from 'guestwright';
      const spec = { disks: [{ sizeMb: 1 }], shell: { prompt: /# $/ } };
      export default defineConfig({ projects: defineGuests({ guests: { bare: { spec } } }) });
    `,
  });
  const session = new Session('bare', folder.path);
  const pid = await session.pid();
  await session.waitFor(/SeaBIOS/);
  process.kill(pid, 'SIGTERM');
  await session.end();
  expect(session.output).toContain(BACK_TO_NORMAL);
  expect(session.text).toContain('Left bare after');
});

test('a guest that hangs and reads no keys does not hold its user', async () => {
  await using folder = await UserFolder.empty();
  const floppy = new Uint8Array(1_474_560);
  // cli; jmp to itself
  floppy.set([0xfa, 0xeb, 0xfe]);
  floppy.set([0x55, 0xaa], 510);
  await writeFile(join(folder.path, 'hangs.img'), floppy);
  const session = new Session('hangs.img', folder.path);
  await session.waitFor(/Booting from Floppy/);
  session.type('abc');
  session.type(LEAVE);
  const asked = performance.now();
  expect(await session.end()).toBe(0);
  // Waiting for the keys to be read would take 30 s of guest time.
  expect(performance.now() - asked).toBeLessThan(15_000);
  expect(session.text).toContain('Left hangs.img after');
});

test('what cannot be opened is wrong usage, before the terminal is touched', async () => {
  const session = new Session('grub-resuce');
  expect(await session.end()).toBe(2);
  expect(session.text).toContain('Nothing is called grub-resuce');
  expect(session.text).toContain('grub-rescue:floppy');
  expect(session.output).not.toContain('\x1b[?1049h');
});
