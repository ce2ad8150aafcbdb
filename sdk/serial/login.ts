/** Logging in where a `login:` prompt stands in place of a shell's. */
import { GuestwrightError } from '../errors.js';
import type { MachineSpec } from '../machine/spec.js';
import { endsWithPrompt } from './shell.js';

export type Login = NonNullable<MachineSpec['shell']['login']>;

/** What a terminal waits for. */
export type Asked = 'command' | 'user' | 'password';

/** What a terminal's text asks for at its end; null when nothing is asked, or nothing that is known. */
export function askedAtEnd(text: string, prompt: RegExp): Asked | null {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  if (/\blogin: ?$/i.test(line)) return 'user';
  if (/^\s*password(?: for [^:]+)?: ?$/i.test(line)) return 'password';
  return endsWithPrompt(line, prompt) ? 'command' : null;
}

/** What logging in needs of a terminal. */
export interface LoginTerminal {
  /** Types a line. With `secret` it is in no report, error or journal. */
  enter(line: string, options: { secret: boolean }): Promise<void>;
  /** Waits until what came after the last `enter` asks for one of these; null when it does not. */
  waitUntilAsked(choices: readonly Asked[]): Promise<Asked | null>;
}

export type LoginOutcome =
  | { readonly kind: 'in' }
  /** The name or the password is wrong, or the name may not log in here. */
  | { readonly kind: 'refused' }
  /** The guest wants a password and the spec has none. */
  | { readonly kind: 'password-wanted' }
  | { readonly kind: 'no-answer'; readonly to: 'name' | 'password' };

/** Answers a `login:` prompt, once: a second try with the same password would only lock an account. */
export async function logIn(terminal: LoginTerminal, { user, password }: Login): Promise<LoginOutcome> {
  await terminal.enter(user, { secret: false });
  // Not `user`: an Enter that was pressed before may bring up the prompt once more.
  const first = await terminal.waitUntilAsked(['command', 'password']);
  if (first === 'command') return { kind: 'in' };
  if (first === null) return { kind: 'no-answer', to: 'name' };
  if (password === undefined) return { kind: 'password-wanted' };
  await terminal.enter(password, { secret: true });
  switch (await terminal.waitUntilAsked(['command', 'user'])) {
    case 'command':
      return { kind: 'in' };
    case 'user':
      return { kind: 'refused' };
    default:
      return { kind: 'no-answer', to: 'password' };
  }
}

/**
 * @param details.seen what the terminal shows; where a guest has echoed the password, it is taken out
 */
export function loginFailed(
  outcome: Exclude<LoginOutcome, { kind: 'in' }>,
  details: { where: string; login: Login; seen: string },
): GuestwrightError {
  const { where, login } = details;
  const seen = login.password ? details.seen.replaceAll(login.password, '***') : details.seen;
  const who = JSON.stringify(login.user);
  switch (outcome.kind) {
    case 'refused':
      return new GuestwrightError(`The guest did not let ${who} log in ${where}`, {
        kind: 'assertion',
        code: 'shell-login-refused',
        expected: `a shell for ${who}`,
        seen,
        next: 'check user and password in the machine spec (shell: { login: { user, password } })',
      });
    case 'password-wanted':
      return new GuestwrightError(`The guest wants a password of ${who} ${where}`, {
        kind: 'usage',
        code: 'shell-login-no-password',
        expected: 'shell: { login: { user, password } } in the machine spec',
        seen: 'a login without a password',
        next: 'add the password, from the environment rather than in the file',
      });
    case 'no-answer':
      return new GuestwrightError(`The login ${where} did not go on after the ${outcome.to}`, {
        kind: 'assertion',
        code: 'shell-login-stalled',
        expected: outcome.to === 'name' ? 'a question for the password, or a shell prompt' : 'a shell prompt',
        seen,
        next: 'if the prompt looks different, give the machine spec shell: { prompt: /…/ }',
      });
  }
}
