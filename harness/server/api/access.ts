/** Who may use a host: whoever shows a token, or a session, or what one of them was given for a moment. */
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { Grants } from './rights.js';
import { Sessions, type Principal } from './sessions.js';
import { SingleUse } from './single-use.js';
import { LOCAL_TOKEN, type Tokens } from './tokens.js';
import { Users } from './users.js';

export interface Caller {
  /** In the log as who asked. No token is called as a user is. */
  name: string;
  /** `token` is also a session that began with a token's sign-in code. */
  kind: 'token' | 'user';
  grants: Grants;
  /** Lower-case hex SHA-256 of what it has shown; {@link Access.holder} says whose it is, as long as it is good. */
  credential: string;
}

/** Life of a ticket, ms: a page asks for one when it is about to connect. */
const TICKET_MS = 30_000;
/** Of a code to sign in with. */
const CODE_MS = 60_000;

export class Access {
  /** To open WebSockets with. */
  readonly tickets = new SingleUse(TICKET_MS);
  /** To sign in with. */
  readonly codes = new SingleUse(CODE_MS);
  readonly sessions = new Sessions();

  private constructor(
    readonly tokens: Tokens,
    readonly users: Users,
  ) {}

  /** @param folder the host's. @throws GuestwrightError `usage/users-invalid` */
  static async open(folder: string, tokens: Tokens): Promise<Access> {
    return new Access(tokens, await Users.open(join(folder, 'users.json')));
  }

  /** @param credential see {@link Caller}. Null: nobody's, or void. */
  holder(credential: string): Caller | null {
    const principal = this.principal(credential);
    if (principal === null) return null;
    const { kind } = principal;
    const found = kind === 'user' ? this.users.find(principal.name) : this.tokens.holder(principal.credential);
    return found === null ? null : { name: found.name, kind, grants: found.grants, credential };
  }

  /** Whose rights a credential has, whether they are there or not. Null: it is no credential. */
  principal(credential: string): Principal | null {
    if (this.tokens.holder(credential) !== null) return { kind: 'token', credential };
    return this.sessions.find(credential)?.principal ?? null;
  }

  /** In the log every name means one. @throws GuestwrightError `usage/name-taken` */
  assertNameFree(name: string): void {
    const token = name === LOCAL_TOKEN || this.tokens.list().some((one) => one.name === name);
    if (!token && this.users.find(name) === null) return;
    throw new GuestwrightError(`There is a ${token ? 'token' : 'user'} ${name} already`, {
      kind: 'usage',
      code: 'name-taken',
      expected: 'a name that neither a token nor a user has',
      seen: name,
      next: 'choose another name',
    });
  }

  /** Whoever had a right may have lost it when the listener is called. @returns what ends that */
  onChange(listener: () => void): () => void {
    const stops = [this.tokens, this.users, this.sessions].map((one) => one.onChange(listener));
    return () => {
      for (const stop of stops) stop();
    };
  }
}
