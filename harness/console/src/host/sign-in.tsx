/** Who one is on a host: a user with a password, or a token. */
import { useState } from 'preact/hooks';
import { request } from './api.js';
import { Failure } from './dialog.js';
import { hostAddress, type Hosts } from './hosts.js';
import { nameOf } from './places.js';
import { useDoing } from './use.js';

interface SignInProps {
  hosts: Hosts;
  /** Null: another host, whose address is asked for. */
  url: string | null;
  why?: string | null;
  onDone?: () => void;
}

export function SignIn({ hosts, url, why = null, onDone }: SignInProps) {
  const [way, choose] = useState<'user' | 'token'>('user');
  const [address, setAddress] = useState('');
  const [user, setUser] = useState('');
  const [secret, setSecret] = useState('');
  const doing = useDoing();
  const go = async (): Promise<void> => {
    const of = url ?? hostAddress(address.trim());
    if (of === null) throw new Error(`"${address}" is no address: https://build.example:8443 is one.`);
    const token = way === 'token' ? secret.trim() : await sessionOf(of, { user, password: secret });
    // A token that is not right is said here, not later.
    await request(of, { method: 'GET', path: '/machines', token });
    hosts.signIn(of, token);
    onDone?.();
  };
  return (
    <form
      class="sign-in"
      aria-label={url === null ? 'Add a host' : `Sign in to ${nameOf(url)}`}
      onSubmit={(event) => {
        event.preventDefault();
        void doing.run(go).then(() => setSecret(''));
      }}
    >
      <h2>{url === null ? 'Add a host' : `Sign in to ${nameOf(url)}`}</h2>
      {why === null ? null : <p class="note">{why}</p>}
      {url === null ? (
        <label>
          Address
          <input
            required
            value={address}
            placeholder="https://build.example:8443"
            onInput={({ currentTarget }) => setAddress(currentTarget.value)}
          />
        </label>
      ) : null}
      <div class="choice" role="group" aria-label="Way to sign in">
        <button type="button" aria-pressed={way === 'user'} onClick={() => choose('user')}>
          User and password
        </button>
        <button type="button" aria-pressed={way === 'token'} onClick={() => choose('token')}>
          Token
        </button>
      </div>
      {way === 'user' ? (
        <label>
          User
          <input
            required
            autocomplete="username"
            value={user}
            onInput={({ currentTarget }) => setUser(currentTarget.value)}
          />
        </label>
      ) : null}
      <label>
        {way === 'user' ? 'Password' : 'Token'}
        <input
          required
          type="password"
          autocomplete={way === 'user' ? 'current-password' : 'off'}
          value={secret}
          onInput={({ currentTarget }) => setSecret(currentTarget.value)}
        />
      </label>
      <Failure words={doing.failed} />
      <button type="submit" class="primary" disabled={doing.busy}>
        {doing.busy ? '…' : 'Sign in'}
      </button>
      {url === null ? (
        <p class="note">
          That host has to allow this page: <code>guestwright serve --allow-page {location.origin}</code>
        </p>
      ) : null}
    </form>
  );
}

/** @returns a token that lasts as long as the session */
export async function sessionOf(
  url: string,
  who: { user: string; password: string } | { code: string },
): Promise<string> {
  const { token } = (await request(url, { method: 'POST', path: '/sessions', token: null, body: who })) as {
    token: string;
  };
  return token;
}
