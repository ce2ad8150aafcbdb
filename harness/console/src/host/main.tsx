/** The page of hosts: their machines, to look at and to use. */
import { render } from 'preact';
import { App } from './app.js';
import { Hosts } from './hosts.js';
import { sessionOf } from './sign-in.js';

const hosts = new Hosts(location.origin);

/** `guestwright serve` prints an address with a code that signs in once. It goes out of sight at once. */
async function useCode(): Promise<void> {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code === undefined) return;
  history.replaceState(null, '', location.pathname);
  try {
    hosts.signIn(location.origin, await sessionOf(location.origin, { code }));
  } catch {
    // It was used, or is too old: the page asks who it is.
  }
}

await useCode();
const place = document.getElementById('page');
if (place !== null) render(<App hosts={hosts} />, place);
