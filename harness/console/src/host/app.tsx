/** The page as a whole: hosts and their machines on the left, what is chosen on the right, what happens below. */
import { useState } from 'preact/hooks';
import { Guarded } from './guarded.js';
import { HostOverview } from './host-overview.js';
import type { Hosts, KnownHost } from './hosts.js';
import { LogDrawer } from './log-drawer.js';
import { MachineList } from './machine-list.js';
import { MachineView } from './machine-view.js';
import { nameOf, usePlace, type Place } from './places.js';
import { SignIn } from './sign-in.js';
import { useFollowed } from './use.js';

export function App({ hosts }: { hosts: Hosts }) {
  useFollowed(hosts);
  const place = usePlace();
  const [isAdding, add] = useState(false);
  const chosen =
    hosts.known.find(({ url }) => nameOf(url) === place.host) ??
    hosts.known.find(({ session }) => session !== null) ??
    hosts.known[0];
  return (
    <div class="app">
      <nav class="side" aria-label="Hosts and machines">
        <a class="brand" href="#/">
          Guestwright
        </a>
        {hosts.known.map((host) => (
          <Guarded key={host.url} what={nameOf(host.url)}>
            <MachineList host={host} hosts={hosts} place={place} isChosen={host === chosen} />
          </Guarded>
        ))}
        <button class="quiet add" onClick={() => add(true)}>
          + Add a host
        </button>
      </nav>
      <main>
        {isAdding ? (
          <div class="middle">
            <SignIn hosts={hosts} url={null} onDone={() => add(false)} />
            <button class="quiet" onClick={() => add(false)}>
              Cancel
            </button>
          </div>
        ) : chosen === undefined ? null : (
          <Guarded key={chosen.url} what={nameOf(chosen.url)}>
            <Chosen host={chosen} hosts={hosts} place={place} />
          </Guarded>
        )}
      </main>
    </div>
  );
}

function Chosen({ host, hosts, place }: { host: KnownHost; hosts: Hosts; place: Place }) {
  const { session, url } = host;
  useFollowed(session);
  const link = session?.view.link ?? null;
  if (session === null || link?.kind === 'refused') {
    return (
      <div class="middle">
        <SignIn key={url} hosts={hosts} url={url} why={link?.kind === 'refused' ? link.why : null} />
      </div>
    );
  }
  return (
    <>
      {link?.kind === 'lost' ? (
        <p class="banner" role="alert">
          {nameOf(url)} is not connected: {link.why} It is tried again.
        </p>
      ) : null}
      {place.machine === null ? (
        <HostOverview session={session} />
      ) : (
        <MachineView key={place.machine} session={session} name={place.machine} tab={place.tab} />
      )}
      <LogDrawer session={session} />
    </>
  );
}
