/** What is done with a machine as a whole: rename, clone, delete. */
import { useEffect, useState } from 'preact/hooks';
import type { MachineDetails, MachineState } from './api.js';
import { Dialog } from './dialog.js';
import type { HostSession } from './host-session.js';
import { freeName } from './machine-spec.js';
import { hostPlace, machinePlace } from './places.js';
import { isOff } from './power.js';

interface MachineMenuProps {
  session: HostSession;
  details: MachineDetails;
  state: MachineState;
}

export function MachineMenu({ session, details, state }: MachineMenuProps) {
  const [asked, ask] = useState<'rename' | 'clone' | 'delete' | null>(null);
  const close = (): void => ask(null);
  const why = isOff(state) ? undefined : 'Only of a machine that is off or saved';
  return (
    <div class="power" role="group" aria-label={`More of ${details.name}`}>
      {(['rename', 'clone', 'delete'] as const).map((what) => (
        <button key={what} class="quiet" disabled={!isOff(state)} title={why} onClick={() => ask(what)}>
          {what.charAt(0).toUpperCase()}
          {what.slice(1)}
        </button>
      ))}
      {asked === 'rename' ? <Rename session={session} name={details.name} onClose={close} /> : null}
      {asked === 'clone' ? <Clone session={session} name={details.name} onClose={close} /> : null}
      {asked === 'delete' ? <Delete session={session} name={details.name} onClose={close} /> : null}
    </div>
  );
}

interface AskProps {
  session: HostSession;
  name: string;
  onClose: () => void;
}

const PATTERN = '[A-Za-z0-9][A-Za-z0-9._\\-]{0,62}';

function Rename({ session, name, onClose }: AskProps) {
  const [to, setTo] = useState(name);
  const go = async (): Promise<void> => {
    await session.call('renameMachine', { params: { name }, body: { to } });
    location.hash = machinePlace(session.url, to);
  };
  return (
    <Dialog title={`Rename ${name}`} go="Rename" onGo={go} onClose={onClose}>
      <NameField value={to} onChange={setTo} />
    </Dialog>
  );
}

function Clone({ session, name, onClose }: AskProps) {
  const [to, setTo] = useState(() =>
    freeName(
      `${name}-copy`,
      session.view.machines.map((one) => one.name),
    ),
  );
  const [linked, setLinked] = useState(false);
  const go = async (): Promise<void> => {
    await session.finish(session.call('cloneMachine', { params: { name }, body: { to, linked } }));
    location.hash = machinePlace(session.url, to);
  };
  return (
    <Dialog title={`Clone ${name}`} go="Clone" onGo={go} onClose={onClose}>
      <NameField value={to} onChange={setTo} />
      <label>
        <input type="checkbox" checked={linked} onChange={({ currentTarget }) => setLinked(currentTarget.checked)} />{' '}
        Linked
      </label>
      <p class="note">
        {linked
          ? 'Made at once: the two share what is on their disks now. Either can be deleted.'
          : 'A copy with disks and snapshots of its own.'}
      </p>
    </Dialog>
  );
}

/** Says what would be removed before it is. */
function Delete({ session, name, onClose }: AskProps) {
  const [files, setFiles] = useState<readonly { path: string; bytes: number }[] | null>(null);
  useEffect(() => {
    void session.call('wouldRemove', { params: { name } }).then(setFiles, () => setFiles([]));
  }, [session, name]);
  const go = async (): Promise<void> => {
    await session.call('deleteMachine', { params: { name } });
    location.hash = hostPlace(session.url);
  };
  const bytes = files?.reduce((sum, file) => sum + file.bytes, 0) ?? 0;
  return (
    <Dialog title={`Delete ${name}?`} go="Delete for good" isDanger onGo={go} onClose={onClose} wide>
      {files === null ? <p>…</p> : null}
      {files?.length === 0 ? <p>It was registered from elsewhere: its folder stays.</p> : null}
      {files !== null && files.length > 0 ? (
        <>
          <p>
            These {files.length} files, {(bytes / 1e6).toFixed(1)} MB, are removed:
          </p>
          <ul class="files" tabIndex={0} aria-label="Files that are removed">
            {files.map((file) => (
              <li key={file.path}>
                <code>{file.path}</code> <small>{(file.bytes / 1000).toFixed(1)} kB</small>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </Dialog>
  );
}

export function NameField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <label class="field">
      Name
      <input
        required
        pattern={PATTERN}
        title="Up to 63 letters, digits, dots, dashes or underscores, a letter or digit first"
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
