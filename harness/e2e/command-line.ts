/** The command line run as a user runs it: a process, in a project in a temporary folder. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The package: compiled, this file is in `dist/harness/e2e`. */
export const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = join(PACKAGE, 'dist/harness/cli/main.js');

export interface Ran {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** A folder, gone on dispose. */
export class UserFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async empty(): Promise<UserFolder> {
    return new UserFolder(await mkdtemp(join(tmpdir(), 'guestwright-user-')));
  }

  /** As after `npm install guestwright @playwright/test`, with links instead of copies. */
  static async installed(files: Readonly<Record<string, string>> = {}): Promise<UserFolder> {
    const folder = await UserFolder.empty();
    await mkdir(join(folder.path, 'node_modules'));
    await symlink(PACKAGE, join(folder.path, 'node_modules/guestwright'));
    await symlink(join(PACKAGE, 'node_modules/@playwright'), join(folder.path, 'node_modules/@playwright'));
    await folder.write({ 'package.json': '{"type":"module"}', ...files });
    return folder;
  }

  /** @param files path to text */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.path, path)), { recursive: true });
      await writeFile(join(this.path, path), text);
    }
  }

  async writeBytes(file: string, bytes: Uint8Array): Promise<void> {
    await writeFile(join(this.path, file), bytes);
  }

  /** Starts `guestwright` here and does not wait. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return execa(process.execPath, [MAIN, ...args], {
      cwd: this.path,
      env: { FORCE_COLOR: '0', ...env },
      reject: false,
      stdin: 'ignore',
    });
  }

  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const { exitCode, stdout, stderr } = await this.start(args, env);
    return { exitCode, stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
