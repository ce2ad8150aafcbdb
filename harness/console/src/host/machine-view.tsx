/** The machine that is chosen: its power, and a tab for each side of it. */
import { useEffect, useState } from 'preact/hooks';
import { wordsOf, type MachineDetails } from './api.js';
import { Guarded } from './guarded.js';
import { HardwareTab } from './hardware-tab.js';
import type { HostSession } from './host-session.js';
import { EventLog } from './log-drawer.js';
import { MachineMenu } from './machine-menu.js';
import { machinePlace, nameOf } from './places.js';
import { PowerButtons } from './power-buttons.js';
import { wordState } from './power.js';
import { ScreenTab } from './screen-tab.js';
import { SerialTab } from './serial-tab.js';
import { SnapshotsTab } from './snapshots-tab.js';
import { StateDot } from './thumbnail.js';
import { useHost } from './use.js';

const TABS = ['screen', 'snapshots', 'hardware', 'serial', 'events'] as const;
type Tab = (typeof TABS)[number];

interface MachineViewProps {
  session: HostSession;
  name: string;
  tab: string | null;
}

export function MachineView({ session, name, tab }: MachineViewProps) {
  const { machines, events } = useHost(session);
  const { details, failed } = useDetails(session, name);
  const summary = machines.find((one) => one.name === name);
  const shown: Tab = TABS.find((one) => one === tab) ?? 'screen';
  if (summary === undefined) {
    return (
      <section class="machine" aria-label={name}>
        <p class="empty">{failed ?? (session.view.link.kind === 'live' ? `There is no machine ${name}.` : '…')}</p>
      </section>
    );
  }
  const { state, engine, detail } = summary;
  return (
    <section class="machine" aria-label={name}>
      <header class="bar">
        <StateDot state={state} />
        <h1>{name}</h1>
        <p class="what" role="status">
          {wordState(state).words} · {engine === 'qemu' ? 'QEMU' : engine}
          {detail === null ? '' : ` · ${detail}`}
        </p>
        <PowerButtons session={session} name={name} state={state} />
        {details === null ? null : <MachineMenu session={session} details={details} state={state} />}
      </header>
      <nav class="tabs" aria-label={`Sides of ${name}`}>
        {TABS.map((one) => (
          <a
            key={one}
            class="tab"
            href={machinePlace(session.url, name, one)}
            aria-current={one === shown ? 'page' : undefined}
          >
            {WORDS[one]}
            {one === 'snapshots' && details !== null && details.snapshots.length > 0
              ? ` (${details.snapshots.length})`
              : ''}
          </a>
        ))}
      </nav>
      <div class={`panel of-${shown}`}>
        <Guarded key={shown} what={nameOf(session.url)}>
          {shown === 'screen' ? <ScreenTab session={session} name={name} state={state} /> : null}
          {shown === 'events' ? <EventLog session={session} events={events} machine={name} /> : null}
          {details === null ? (
            <p class="empty">{failed ?? ''}</p>
          ) : (
            <>
              {shown === 'snapshots' ? <SnapshotsTab session={session} details={details} state={state} /> : null}
              {shown === 'hardware' ? (
                <HardwareTab key={JSON.stringify(details.config)} session={session} details={details} state={state} />
              ) : null}
              {shown === 'serial' ? <SerialTab session={session} details={details} state={state} /> : null}
            </>
          )}
        </Guarded>
      </div>
    </section>
  );
}

const WORDS: Record<Tab, string> = {
  screen: 'Screen',
  snapshots: 'Snapshots',
  hardware: 'Hardware and settings',
  serial: 'Serial console',
  events: 'Events',
};

/** Anew with every event of the machine. */
function useDetails(session: HostSession, name: string): { details: MachineDetails | null; failed: string | null } {
  const [details, setDetails] = useState<MachineDetails | null>(null);
  const [failed, fail] = useState<string | null>(null);
  const { events, link } = useHost(session);
  const last = events.findLast(({ machine }) => machine === name)?.id;
  useEffect(() => {
    const abort = new AbortController();
    session.call('describeMachine', { params: { name } }, abort.signal).then(
      (found) => {
        setDetails(found);
        fail(null);
      },
      (error: unknown) => {
        if (!abort.signal.aborted) fail(wordsOf(error));
      },
    );
    return () => abort.abort();
  }, [session, name, last, link.kind]);
  return { details, failed };
}
