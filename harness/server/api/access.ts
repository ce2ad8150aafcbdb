/** Who may use a host: whoever shows a token, or a ticket that one was given. */
import type { Grants } from './rights.js';
import { SingleUse } from './single-use.js';
import type { Tokens } from './tokens.js';

export interface Caller {
  /** In the log as who asked. No token is called as a user is. */
  name: string;
  kind: 'token' | 'user';
  grants: Grants;
  /** Lower-case hex SHA-256 of the token that it has shown; {@link Access.holder} says whose it is, as long as it is good. */
  credential: string;
}

/** Life of a ticket, ms: a page asks for one when it is about to connect. */
const TICKET_MS = 30_000;

export class Access {
  readonly tickets = new SingleUse(TICKET_MS);

  constructor(readonly tokens: Tokens) {}

  /** @param credential see {@link Caller}. Null: nobody's, or void. */
  holder(credential: string): Caller | null {
    const token = this.tokens.holder(credential);
    return token === null ? null : { name: token.name, kind: 'token', grants: token.grants, credential };
  }

  /** Whoever had a right may have lost it when the listener is called. @returns what ends that */
  onChange(listener: () => void): () => void {
    return this.tokens.onChange(listener);
  }
}
