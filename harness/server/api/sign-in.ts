/** Signing in and out, and changing passwords: what is tried is counted, and all of it is in the log. */
import { GuestwrightError } from '../../../sdk/errors.js';
import type { Host } from '../host/host.js';
import type { Access, Caller } from './access.js';
import { Refusal } from './refusal.js';
import type { SessionToken } from './sessions.js';
import { networkOf, Tries } from './tries.js';

const WITHIN_MS = 15 * 60_000;
/** Wrong passwords of one user, wherever they come from. */
const OF_USER = 10;
/** Of one address, whoever is tried. */
const OF_ADDRESS = 30;

export class SignIn {
  readonly #host: Host;
  readonly #access: Access;
  readonly #ofUser = new Tries(OF_USER, WITHIN_MS);
  readonly #ofAddress = new Tries(OF_ADDRESS, WITHIN_MS);

  constructor(host: Host, access: Access) {
    this.#host = host;
    this.#access = access;
  }

  /** @throws Refusal `sign-in-refused`, `too-many-tries` */
  async byPassword(user: string, password: string, address: string): Promise<SessionToken> {
    await this.#tried(user, address, async () => await this.#access.users.isPassword(user, password));
    const session = this.#access.sessions.begin({ kind: 'user', name: user });
    this.#note('signed-in', user, `by password, from ${address}`);
    return session;
  }

  /** With a code that a token, or a session, was given. @throws Refusal `sign-in-refused`, `too-many-tries` */
  async byCode(code: string, address: string): Promise<SessionToken> {
    const credential = await this.#tried(null, address, () => this.#access.codes.redeem(code) ?? false);
    const { sessions } = this.#access;
    const principal = this.#access.principal(credential);
    const caller = this.#access.holder(credential);
    if (principal === null || caller === null) throw this.#refused(null, address);
    // One that was asked for by a session ends with it at the latest: nobody stays signed in for ever.
    const session = sessions.begin(principal, sessions.find(credential)?.expires);
    this.#note('signed-in', caller.name, `by a code, from ${address}`);
    return session;
  }

  /** @throws GuestwrightError `usage/not-signed-in` */
  out(caller: Caller): void {
    if (!this.#access.sessions.end(caller.credential)) {
      throw new GuestwrightError('There is no session to end', {
        kind: 'usage',
        code: 'not-signed-in',
        expected: 'a session, as signing in gives it',
        seen: `the token ${caller.name}`,
        next: 'revoke the token if it is to be void',
      });
    }
    this.#note('signed-out', caller.name, null);
  }

  /** By the user itself. Its sessions end, and it has a new one. @throws Refusal; GuestwrightError `usage/not-a-user` */
  async changeOwnPassword(caller: Caller, old: string, next: string, address: string): Promise<SessionToken> {
    const { name, kind } = caller;
    if (kind !== 'user') {
      throw new GuestwrightError(`${name} is a token, which has no password`, {
        kind: 'usage',
        code: 'not-a-user',
        expected: 'the session of a user',
        seen: `the token ${name}`,
      });
    }
    await this.#tried(name, address, async () => await this.#access.users.isPassword(name, old));
    await this.setPassword(name, next, name);
    return this.#access.sessions.begin({ kind: 'user', name });
  }

  /** The user's sessions end. @throws GuestwrightError `usage/user-missing` */
  async setPassword(user: string, password: string, by: string): Promise<void> {
    await this.#access.users.setPassword(user, password);
    this.#access.sessions.endOfUser(user);
    this.#host.events.add({ machine: null, kind: 'user-password-set', by, detail: user });
  }

  /** Counts it before it is tried, so that many at once are many. */
  async #tried<T>(user: string | null, address: string, isRight: () => Promise<T | false> | T | false): Promise<T> {
    const [network, key] = [networkOf(address), user ?? ''];
    const waits = [this.#ofAddress.begin(network), user === null ? null : this.#ofUser.begin(key)];
    const wait = Math.max(...waits.map((one) => one ?? 0));
    if (wait > 0) {
      this.#noteRefused(user, address, 'too many tries');
      throw new Refusal(429, 'too-many-tries', `Too many wrong passwords: try again in ${wait} seconds`, wait);
    }
    const answer = await isRight();
    if (answer === false) throw this.#refused(user, address);
    this.#ofAddress.forgive(network);
    if (user !== null) this.#ofUser.forgive(key);
    return answer;
  }

  /** In the same words for a user that there is not. */
  #refused(user: string | null, address: string): Refusal {
    this.#noteRefused(user, address, 'wrong');
    const what = user === null ? 'The code is wrong, was used, or is too old' : 'The name or the password is wrong';
    return new Refusal(401, 'sign-in-refused', what);
  }

  #noteRefused(user: string | null, address: string, why: string): void {
    // What is nobody's name may be a password in the wrong field.
    const known = user !== null && this.#access.users.find(user) !== null;
    const as = user === null ? 'with a code' : known ? `as ${user}` : 'as nobody known here';
    this.#note('sign-in-refused', null, `${as}, from ${address}: ${why}`);
  }

  #note(kind: string, by: string | null, detail: string | null): void {
    this.#host.events.add({ machine: null, kind, by, detail });
  }
}
