/** A host at a glance: how much of it is in use, and all its machines as they look now. */
import { useState } from 'preact/hooks';
import type { MachineSummary } from './api.js';
import { CreateMachine } from './create-machine.js';
import { HostLoad } from './host-load.js';
import type { HostSession } from './host-session.js';
import { machinePlace, nameOf } from './places.js';
import { PowerButtons } from './power-buttons.js';
import { wordState } from './power.js';
import { StateDot, Thumbnail } from './thumbnail.js';
import { useHost } from './use.js';

export function HostOverview({ session }: { session: HostSession }) {
  const { machines, link } = useHost(session);
  const [isCreating, create] = useState(false);
  const [text, search] = useState('');
  const shown = machines.filter(({ name, state }) =>
    `${name} ${wordState(state).words}`.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <section class="overview" aria-label="Machines">
      <header class="bar">
        <h1>{nameOf(session.url)}</h1>
        <input
          type="search"
          aria-label="Search machines"
          placeholder="Search"
          value={text}
          onInput={({ currentTarget }) => search(currentTarget.value)}
        />
        <button class="primary" onClick={() => create(true)}>
          New machine
        </button>
      </header>
      <HostLoad session={session} />
      {machines.length === 0 && link.kind === 'live' ? (
        <p class="empty">No machine yet. Make one of a guest image or an ISO in a few clicks: “New machine”.</p>
      ) : null}
      <ul class="grid">
        {shown.map((machine) => (
          <Card key={machine.name} session={session} machine={machine} />
        ))}
      </ul>
      {isCreating ? <CreateMachine session={session} onClose={() => create(false)} /> : null}
    </section>
  );
}

function Card({
  session,
  machine: { name, state, engine, detail },
}: {
  session: HostSession;
  machine: MachineSummary;
}) {
  return (
    <li class="card">
      <a href={machinePlace(session.url, name)} aria-label={`${name}, ${wordState(state).words}`}>
        <Thumbnail session={session} name={name} state={state} />
      </a>
      <div class="about">
        <StateDot state={state} />
        <strong>{name}</strong>
        <small title={detail ?? ''}>
          {wordState(state).words} · {engine === 'qemu' ? 'QEMU' : engine}
        </small>
      </div>
      <PowerButtons session={session} name={name} state={state} isShort />
    </li>
  );
}
