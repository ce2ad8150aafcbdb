/** The snapshots of a machine: a tree with pictures. */
import { useEffect, useState } from 'preact/hooks';
import type { MachineDetails, MachineState, Snapshot } from './api.js';
import { Dialog } from './dialog.js';
import type { HostSession } from './host-session.js';
import { printable, timeOf } from './log-drawer.js';
import { NameField } from './machine-menu.js';
import { freeName } from './machine-spec.js';
import { machinePlace } from './places.js';
import { hasScreen } from './power.js';
import { pictureAddress } from './thumbnail-feed.js';

interface SnapshotsTabProps {
  session: HostSession;
  details: MachineDetails;
  state: MachineState;
}

type Asked = { kind: 'take' } | { kind: 'revert' | 'fork' | 'remove'; snapshot: Snapshot };

export function SnapshotsTab({ session, details, state }: SnapshotsTabProps) {
  const [asked, ask] = useState<Asked | null>(null);
  const { name, snapshots, status } = details;
  return (
    <>
      <div class="tools">
        <button
          class="primary"
          disabled={!hasScreen(state) || state === 'crashed'}
          title={hasScreen(state) ? '' : 'Only of a machine that runs'}
          onClick={() => ask({ kind: 'take' })}
        >
          Take a snapshot
        </button>
        <span class="note">
          {snapshots.length === 0
            ? 'A snapshot is the whole machine at an instant, to go back to as often as you like.'
            : ''}
        </span>
      </div>
      <Branch session={session} details={details} parent={null} current={status.current} onAsk={ask} />
      {asked?.kind === 'take' ? (
        <Take session={session} name={name} count={snapshots.length} onClose={() => ask(null)} />
      ) : null}
      {asked?.kind === 'revert' ? (
        <Dialog
          title={`Go back to “${printable(asked.snapshot.name)}”?`}
          go="Go back"
          isDanger
          onGo={() =>
            session.finish(session.call('revertToSnapshot', { params: { name, snapshot: asked.snapshot.id } }))
          }
          onClose={() => ask(null)}
        >
          <p>What the machine did since its last snapshot is lost.</p>
        </Dialog>
      ) : null}
      {asked?.kind === 'fork' ? (
        <Fork session={session} name={name} snapshot={asked.snapshot} onClose={() => ask(null)} />
      ) : null}
      {asked?.kind === 'remove' ? (
        <Dialog
          title={`Delete the snapshot “${printable(asked.snapshot.name)}”?`}
          go="Delete"
          isDanger
          onGo={() => session.call('removeSnapshot', { params: { name, snapshot: asked.snapshot.id } })}
          onClose={() => ask(null)}
        >
          <p>Those after it stay.</p>
        </Dialog>
      ) : null}
    </>
  );
}

interface BranchProps {
  session: HostSession;
  details: MachineDetails;
  parent: string | null;
  /** Snapshot that the machine's state descends from. */
  current: string | null;
  onAsk: (asked: Asked) => void;
}

function Branch({ session, details, parent, current, onAsk }: BranchProps) {
  const known = new Set(details.snapshots.map(({ id }) => id));
  const here = details.snapshots.filter(
    (one) => one.parent === parent || (parent === null && one.parent !== null && !known.has(one.parent)),
  );
  if (here.length === 0) return null;
  return (
    <ul class="snapshots" {...(parent === null ? { 'aria-label': 'Snapshots' } : {})}>
      {here.map((snapshot) => (
        <li key={snapshot.id}>
          <article class={snapshot.id === current ? 'snapshot current' : 'snapshot'} aria-label={snapshot.name}>
            <Picture session={session} name={details.name} snapshot={snapshot} />
            <div class="about">
              <strong>{printable(snapshot.name)}</strong>
              <small>
                {timeOf(snapshot.created)} · {(snapshot.time / 1000).toFixed(0)} s of guest time
              </small>
              {snapshot.id === current ? <em>The machine goes on from here</em> : null}
              <div class="tools">
                <button class="small" onClick={() => onAsk({ kind: 'revert', snapshot })}>
                  Go back
                </button>
                <button
                  class="small"
                  title="Another machine that begins here, whatever this one does"
                  onClick={() => onAsk({ kind: 'fork', snapshot })}
                >
                  Fork
                </button>
                <button class="small danger" onClick={() => onAsk({ kind: 'remove', snapshot })}>
                  Delete
                </button>
              </div>
            </div>
          </article>
          <Branch session={session} details={details} parent={snapshot.id} current={current} onAsk={onAsk} />
        </li>
      ))}
    </ul>
  );
}

/** As the screen was: it never changes. */
function Picture({ session, name, snapshot }: { session: HostSession; name: string; snapshot: Snapshot }) {
  const [address, show] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    let made: string | null = null;
    session.call('snapshotPicture', { params: { name, snapshot: snapshot.id } }, abort.signal).then(
      ({ png }) => {
        if (!abort.signal.aborted) show((made = pictureAddress(png)));
      },
      () => undefined,
    );
    return () => {
      abort.abort();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [session, name, snapshot.id]);
  return address === null ? (
    <div class="thumbnail past" />
  ) : (
    <div class="thumbnail">
      <img src={address} alt={`The screen at ${printable(snapshot.name)}`} />
    </div>
  );
}

interface ForkProps {
  session: HostSession;
  name: string;
  snapshot: Snapshot;
  onClose: () => void;
}

/** Another machine, which goes on from the snapshot. */
function Fork({ session, name, snapshot, onClose }: ForkProps) {
  const [to, setTo] = useState(() =>
    freeName(
      `${name}-fork`,
      session.view.machines.map((one) => one.name),
    ),
  );
  const go = async (): Promise<void> => {
    const body = { to, snapshot: snapshot.id };
    await session.finish(session.call('cloneMachine', { params: { name }, body }));
    await session.finish(session.call('startMachine', { params: { name: to } }));
    location.hash = machinePlace(session.url, to);
  };
  return (
    <Dialog title={`Fork “${printable(snapshot.name)}”`} go="Fork and start" onGo={go} onClose={onClose}>
      <NameField value={to} onChange={setTo} />
      <p class="note">A machine of its own, which goes on from here. {name} stays as it is.</p>
    </Dialog>
  );
}

interface TakeProps {
  session: HostSession;
  name: string;
  count: number;
  onClose: () => void;
}

function Take({ session, name, count, onClose }: TakeProps) {
  const [called, call] = useState(`Snapshot ${count + 1}`);
  return (
    <Dialog
      title="Take a snapshot"
      go="Take it"
      onGo={() => session.finish(session.call('takeSnapshot', { params: { name }, body: { name: called } }))}
      onClose={onClose}
    >
      <label class="field">
        Name
        <input required maxLength={200} value={called} onInput={({ currentTarget }) => call(currentTarget.value)} />
      </label>
    </Dialog>
  );
}
