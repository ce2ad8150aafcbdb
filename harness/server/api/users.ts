/** People who may use a host, with passwords and rights: `users.json` in its folder. */
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { EntryFile } from './entry-file.js';
import { hashPassword, isPassword, storedPassword } from './passwords.js';
import { grantsSchema, type Grants } from './rights.js';
import { tokenName } from './tokens.js';

export const userName = tokenName;

const entry = z.strictObject({
  name: userName,
  created: z.iso.datetime(),
  grants: grantsSchema,
  password: storedPassword,
});

/** As it is listed: never with its password. */
export interface UserEntry {
  name: string;
  created: string;
  grants: Grants;
}

export class Users {
  readonly #file: EntryFile<z.output<typeof entry>>;

  private constructor(file: EntryFile<z.output<typeof entry>>) {
    this.#file = file;
  }

  /** @throws GuestwrightError `usage/users-invalid` */
  static async open(path: string): Promise<Users> {
    return new Users(await EntryFile.open(path, 'users', entry));
  }

  list(): UserEntry[] {
    return this.#file.entries.map(({ name, created, grants }) => ({ name, created, grants }));
  }

  find(name: string): UserEntry | null {
    return this.list().find((one) => one.name === name) ?? null;
  }

  /** Takes as long for a name that nobody has. */
  async isPassword(name: string, password: string): Promise<boolean> {
    return await isPassword(this.#file.find(name)?.password ?? null, password);
  }

  /** @throws GuestwrightError `usage/user-exists` */
  async make(name: string, password: string, grants: Grants): Promise<void> {
    const stored = await hashPassword(password);
    await this.#file.change((users) => {
      if (users.some((one) => one.name === name)) throw userExists(name);
      return [...users, { name, created: new Date().toISOString(), grants, password: stored }];
    });
  }

  /** @throws GuestwrightError `usage/user-missing` */
  async grant(name: string, grants: Grants): Promise<void> {
    await this.#change(name, (one) => ({ ...one, grants }));
  }

  /** @throws GuestwrightError `usage/user-missing` */
  async setPassword(name: string, password: string): Promise<void> {
    const stored = await hashPassword(password);
    await this.#change(name, (one) => ({ ...one, password: stored }));
  }

  /** @throws GuestwrightError `usage/user-missing` */
  async delete(name: string): Promise<void> {
    await this.#file.change((users) => {
      assertThere(users, name);
      return users.filter((one) => one.name !== name);
    });
  }

  onChange(listener: () => void): () => void {
    return this.#file.onChange(listener);
  }

  async #change(name: string, to: (user: z.output<typeof entry>) => z.output<typeof entry>): Promise<void> {
    await this.#file.change((users) => {
      assertThere(users, name);
      return users.map((one) => (one.name === name ? to(one) : one));
    });
  }
}

function assertThere(users: readonly { name: string }[], name: string): void {
  if (users.some((one) => one.name === name)) return;
  throw new GuestwrightError(`There is no user ${name}`, {
    kind: 'usage',
    code: 'user-missing',
    expected: users.length === 0 ? 'a user; the host has none' : `one of: ${users.map((one) => one.name).join(', ')}`,
    seen: name,
  });
}

function userExists(name: string): GuestwrightError {
  return new GuestwrightError(`There is a user ${name} already`, {
    kind: 'usage',
    code: 'user-exists',
    expected: 'a name that no user has',
    seen: name,
    next: "choose another name, or set that one's password",
  });
}
