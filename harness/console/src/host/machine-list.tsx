/** One host in the list on the left, with its machines. */
import type { Hosts, KnownHost } from './hosts.js';
import { hostPlace, machinePlace, nameOf, type Place } from './places.js';
import { wordState } from './power.js';
import { StateDot, Thumbnail } from './thumbnail.js';
import { useFollowed } from './use.js';

interface MachineListProps {
  host: KnownHost;
  hosts: Hosts;
  place: Place;
  isChosen: boolean;
}

const LINKS = { connecting: 'moving', live: 'on', lost: 'bad', refused: 'off' } as const;

export function MachineList({ host: { url, session }, hosts, place, isChosen }: MachineListProps) {
  useFollowed(session);
  const view = session?.view ?? null;
  const kind = view?.link.kind ?? 'refused';
  const words = { connecting: 'connecting', live: 'connected', lost: 'not connected', refused: 'not signed in' }[kind];
  const isHere = isChosen && place.machine === null;
  return (
    <section class="host" aria-label={nameOf(url)}>
      <div class="host-name">
        <a href={hostPlace(url)} aria-current={isHere ? 'page' : undefined}>
          <span class={`dot ${LINKS[kind]}`} role="img" aria-label={words} title={words} /> {nameOf(url)}
        </a>
        {session === null ? null : (
          <button class="quiet small" title="Sign out of this host" onClick={() => hosts.signOut(url)}>
            Sign out
          </button>
        )}
        {url === hosts.own || session !== null ? null : (
          <button class="quiet small" title="Take this host off the list" onClick={() => hosts.forget(url)}>
            Forget
          </button>
        )}
      </div>
      {session === null || view === null ? null : (
        <ul onKeyDown={moveFocus}>
          {view.machines.map(({ name, state, heartbeat }) => (
            <li key={name}>
              <a
                href={machinePlace(url, name)}
                aria-current={isChosen && place.machine === name ? 'page' : undefined}
                title={`${name}: ${wordState(state).words}${heartbeat === 'stopped' ? ', its guest agent does not answer' : ''}`}
              >
                <Thumbnail session={session} name={name} state={state} />
                <span class="name">{name}</span>
                <StateDot state={state} />
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Up and down go through the machines, as in any list. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLUListElement }): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const at = links.findIndex((link) => link === document.activeElement);
  const next = links[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
}
