/**
 * Who may use a host: tokens with rights, in `tokens.json` in its folder. A token is shown once, when it is made; only its
 * hash is kept. Tokens are 32 random bytes, so that one round of SHA-256 hides them as well as a slow hash hides a password.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { readIfThere, sha256, writeWhole } from '../../../sdk/images/files.js';
import { ALL_GRANTS, grantsSchema, type Grants } from './rights.js';

export const tokenName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/, 'up to 63 letters, digits and . _ @ -');

const entry = z.strictObject({
  name: tokenName,
  /** Lower-case hex SHA-256 of the token. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  grants: grantsSchema,
});
const file = z.strictObject({ version: z.literal(1), tokens: z.array(entry) });

/** As it is listed: never with its hash. */
export interface TokenEntry {
  name: string;
  created: string;
  grants: Grants;
}

/** The one that the command line on the same host uses. */
export const LOCAL_TOKEN = 'local';

export class Tokens {
  readonly #file: string;
  readonly #listeners = new Set<() => void>();
  #entries: z.output<typeof entry>[];

  private constructor(path: string, entries: z.output<typeof entry>[]) {
    this.#file = path;
    this.#entries = entries;
  }

  /** @throws GuestwrightError `usage/tokens-invalid` */
  static async open(path: string): Promise<Tokens> {
    const text = await readIfThere(path);
    if (text === null) return new Tokens(path, []);
    try {
      return new Tokens(path, file.parse(JSON.parse(text)).tokens);
    } catch (error) {
      throw new GuestwrightError(`${path} cannot be read`, {
        kind: 'usage',
        code: 'tokens-invalid',
        expected: 'what Guestwright wrote there',
        seen: error instanceof Error ? error.message : String(error),
        next: 'put the file back as it was, or remove it: all tokens are void then',
      });
    }
  }

  list(): TokenEntry[] {
    return this.#entries.map(({ name, created, grants }) => ({ name, created, grants }));
  }

  /** @param credential SHA-256 of a token, lower-case hex. Null: nobody's. */
  holder(credential: string): TokenEntry | null {
    const given = Buffer.from(credential, 'hex');
    const found = this.#entries.find(({ sha256 }) => timingSafeEqual(given, Buffer.from(sha256, 'hex')));
    return found === undefined ? null : { name: found.name, created: found.created, grants: found.grants };
  }

  /** @returns the token, which is nowhere else. @throws GuestwrightError `usage/token-exists` */
  async make(name: string, grants: Grants): Promise<string> {
    if (this.#entries.some((one) => one.name === name)) throw tokenExists(name);
    const token = randomBytes(32).toString('base64url');
    await this.#write([...this.#entries, { name, sha256: sha256(token), created: new Date().toISOString(), grants }]);
    return token;
  }

  /** @throws GuestwrightError `usage/token-missing` */
  async grant(name: string, grants: Grants): Promise<void> {
    this.#assertThere(name);
    await this.#write(this.#entries.map((one) => (one.name === name ? { ...one, grants } : one)));
  }

  /** @throws GuestwrightError `usage/token-missing` */
  async revoke(name: string): Promise<void> {
    this.#assertThere(name);
    await this.#write(this.#entries.filter((one) => one.name !== name));
  }

  /** The local token anew, with every right: it is as good as access to the folder. */
  async renewLocal(): Promise<string> {
    this.#entries = this.#entries.filter(({ name }) => name !== LOCAL_TOKEN);
    return await this.make(LOCAL_TOKEN, ALL_GRANTS);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #assertThere(name: string): void {
    if (this.#entries.some((one) => one.name === name)) return;
    throw new GuestwrightError(`There is no token ${name}`, {
      kind: 'usage',
      code: 'token-missing',
      expected: `one of: ${this.#entries.map((one) => one.name).join(', ')}`,
      seen: name,
    });
  }

  async #write(tokens: z.output<typeof entry>[]): Promise<void> {
    await writeWhole(this.#file, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`);
    await chmod(this.#file, 0o600);
    this.#entries = tokens;
    for (const listener of this.#listeners) listener();
  }
}

function tokenExists(name: string): GuestwrightError {
  return new GuestwrightError(`There is a token ${name} already`, {
    kind: 'usage',
    code: 'token-exists',
    expected: 'a name that no token has',
    seen: name,
    next: 'choose another name, or revoke that one',
  });
}
