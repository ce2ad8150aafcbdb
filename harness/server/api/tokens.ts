/**
 * Who may use a host: tokens with rights, in `tokens.json` in its folder. A token is shown once, when it is made; only its
 * hash is kept. Tokens are 32 random bytes, so that one round of SHA-256 hides them as well as a slow hash hides a password.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { sha256 } from '../../../sdk/images/files.js';
import { EntryFile } from './entry-file.js';
import { ALL_GRANTS, grantsSchema, type Grants } from './rights.js';

export const tokenName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/, 'up to 63 letters, digits and . _ @ -');

const entry = z.strictObject({
  name: tokenName,
  /** Lower-case hex SHA-256 of the token. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  grants: grantsSchema,
});
/** As it is listed: never with its hash. */
export interface TokenEntry {
  name: string;
  created: string;
  grants: Grants;
}

/** The one that the command line on the same host uses. */
export const LOCAL_TOKEN = 'local';

export class Tokens {
  readonly #file: EntryFile<z.output<typeof entry>>;

  private constructor(file: EntryFile<z.output<typeof entry>>) {
    this.#file = file;
  }

  /** @throws GuestwrightError `usage/tokens-invalid` */
  static async open(path: string): Promise<Tokens> {
    return new Tokens(await EntryFile.open(path, 'tokens', entry));
  }

  list(): TokenEntry[] {
    return this.#file.entries.map(({ name, created, grants }) => ({ name, created, grants }));
  }

  /** @param credential SHA-256 of a token, lower-case hex. Null: nobody's. */
  holder(credential: string): TokenEntry | null {
    const given = Buffer.from(credential, 'hex');
    const found = this.#file.entries.find(({ sha256 }) => timingSafeEqual(given, Buffer.from(sha256, 'hex')));
    return found === undefined ? null : { name: found.name, created: found.created, grants: found.grants };
  }

  /** @returns the token, which is nowhere else. @throws GuestwrightError `usage/token-exists` */
  async make(name: string, grants: Grants): Promise<string> {
    const { token, made } = newToken(name, grants);
    await this.#file.change((tokens) => {
      if (tokens.some((one) => one.name === name)) throw tokenExists(name);
      return [...tokens, made];
    });
    return token;
  }

  /** @throws GuestwrightError `usage/token-missing` */
  async grant(name: string, grants: Grants): Promise<void> {
    await this.#file.change((tokens) => {
      assertThere(tokens, name);
      return tokens.map((one) => (one.name === name ? { ...one, grants } : one));
    });
  }

  /** @throws GuestwrightError `usage/token-missing` */
  async revoke(name: string): Promise<void> {
    await this.#file.change((tokens) => {
      assertThere(tokens, name);
      return tokens.filter((one) => one.name !== name);
    });
  }

  /** The local token anew, with every right: it is as good as access to the folder. */
  async renewLocal(): Promise<string> {
    const { token, made } = newToken(LOCAL_TOKEN, ALL_GRANTS);
    await this.#file.change((tokens) => [...tokens.filter(({ name }) => name !== LOCAL_TOKEN), made]);
    return token;
  }

  onChange(listener: () => void): () => void {
    return this.#file.onChange(listener);
  }
}

function newToken(name: string, grants: Grants): { token: string; made: z.output<typeof entry> } {
  const token = randomBytes(32).toString('base64url');
  return { token, made: { name, sha256: sha256(token), created: new Date().toISOString(), grants } };
}

function assertThere(tokens: readonly { name: string }[], name: string): void {
  if (tokens.some((one) => one.name === name)) return;
  throw new GuestwrightError(`There is no token ${name}`, {
    kind: 'usage',
    code: 'token-missing',
    expected: `one of: ${tokens.map((one) => one.name).join(', ')}`,
    seen: name,
  });
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
