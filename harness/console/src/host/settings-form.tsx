/** How a machine is kept: what happens to it with the host, its undo disks, its share of the processors. */
import { useState } from 'preact/hooks';
import type { MachineDetails } from './api.js';
import { Failure } from './dialog.js';
import type { HostSession } from './host-session.js';
import { useDoing } from './use.js';

interface SettingsProps {
  session: HostSession;
  details: MachineDetails;
}

type Config = MachineDetails['config'];
type Settings = Pick<Config, 'notes' | 'autostart' | 'autostartDelay' | 'onQuit' | 'undo' | 'cpu' | 'heartbeat'>;

const ASKED = { port: 1, every: 10, missed: 3 } as const;
const NO_SHARE = { weight: 100, cap: null, reservation: 0 } as const;

export function Settings({ session, details }: SettingsProps) {
  const { name } = details;
  // A host of an earlier release does not know all of them.
  const config: Partial<Config> = details.config;
  const { notes = '', autostart = 'never', autostartDelay = 0, onQuit = 'save' } = config;
  const { undo = null, cpu = null, heartbeat = null } = config;
  const [settings, set] = useState<Settings>({ notes, autostart, autostartDelay, onQuit, undo, cpu, heartbeat });
  const doing = useDoing();
  const change = (some: Partial<Settings>): void => set({ ...settings, ...some });
  return (
    <form
      aria-label="Settings"
      onSubmit={(event) => {
        event.preventDefault();
        void doing.run(() => session.call('configureMachine', { params: { name }, body: settings }));
      }}
    >
      <h2>Settings</h2>
      <label class="field">
        Notes
        <textarea
          rows={4}
          value={settings.notes}
          onInput={({ currentTarget }) => change({ notes: currentTarget.value })}
        />
      </label>
      <label class="field">
        When the host starts
        <select
          value={settings.autostart}
          onChange={({ currentTarget }) => change({ autostart: currentTarget.value as Settings['autostart'] })}
        >
          <option value="never">leave it off</option>
          <option value="as-before">start it if it ran before</option>
          <option value="always">start it</option>
        </select>
      </label>
      {settings.autostart === 'never' ? null : (
        <Count
          words="Seconds to wait before that"
          min={0}
          max={3600}
          value={settings.autostartDelay}
          onChange={(seconds) => change({ autostartDelay: seconds })}
        />
      )}
      <label class="field">
        When the host ends
        <select
          value={settings.onQuit}
          onChange={({ currentTarget }) => change({ onQuit: currentTarget.value as Settings['onQuit'] })}
        >
          <option value="save">save its state</option>
          <option value="shutdown">ask the guest to shut down</option>
          <option value="power-off">power it off</option>
          <option value="go-on">let it go on</option>
        </select>
      </label>
      <label class="field">
        What it writes to its disks
        <select
          value={settings.undo ?? ''}
          onChange={({ currentTarget }) =>
            change({ undo: currentTarget.value === '' ? null : (currentTarget.value as Config['undo']) })
          }
        >
          <option value="">is there for good</option>
          <option value="keep">can be undone: keep it at power-off, and ask</option>
          <option value="commit">can be undone while it runs: commit it at power-off</option>
          <option value="discard">is thrown away at power-off</option>
        </select>
      </label>
      <Heartbeat heartbeat={settings.heartbeat} onChange={(asked) => change({ heartbeat: asked })} />
      <Share cpu={settings.cpu} onChange={(share) => change({ cpu: share })} />
      <p class="note">
        It lives in <code>{details.folder}</code>
      </p>
      <div class="buttons">
        <button type="submit" class="primary" disabled={doing.busy}>
          Save settings
        </button>
      </div>
      <Failure words={doing.failed} />
    </form>
  );
}

interface HeartbeatProps {
  heartbeat: Config['heartbeat'];
  onChange: (heartbeat: Config['heartbeat']) => void;
}

function Heartbeat({ heartbeat, onChange }: HeartbeatProps) {
  return (
    <>
      <label>
        <input
          type="checkbox"
          checked={heartbeat !== null}
          onChange={({ currentTarget }) => onChange(currentTarget.checked ? { ...ASKED } : null)}
        />{' '}
        Its guest runs QEMU’s guest agent: ask whether it is alive
      </label>
      {heartbeat === null ? null : (
        <>
          <Count
            words="At the serial port"
            min={0}
            max={3}
            value={heartbeat.port}
            onChange={(port) => onChange({ ...heartbeat, port })}
          />
          <Count
            words="Every so many seconds"
            min={1}
            max={3600}
            value={heartbeat.every}
            onChange={(every) => onChange({ ...heartbeat, every })}
          />
          <Count
            words="Times without an answer until it counts as stopped"
            min={1}
            max={100}
            value={heartbeat.missed}
            onChange={(missed) => onChange({ ...heartbeat, missed })}
          />
        </>
      )}
    </>
  );
}

/** Of the host's processors. */
function Share({ cpu, onChange }: { cpu: Config['cpu']; onChange: (cpu: Config['cpu']) => void }) {
  const share = cpu ?? NO_SHARE;
  return (
    <>
      <label>
        <input
          type="checkbox"
          checked={cpu !== null}
          onChange={({ currentTarget }) => onChange(currentTarget.checked ? { ...NO_SHARE } : null)}
        />{' '}
        A share of the processors of its own
      </label>
      {cpu === null ? null : (
        <>
          <Count
            words="Weight beside other machines (100 is usual)"
            min={1}
            max={10_000}
            value={share.weight}
            onChange={(weight) => onChange({ ...share, weight })}
          />
          <Count
            words="At most, % of all processors"
            min={1}
            max={100}
            value={share.cap ?? 100}
            onChange={(cap) => onChange({ ...share, cap: cap === 100 ? null : cap })}
          />
          <Count
            words="Reserved, % of all processors"
            min={0}
            max={100}
            value={share.reservation}
            onChange={(reservation) => onChange({ ...share, reservation })}
          />
        </>
      )}
    </>
  );
}

interface CountProps {
  words: string;
  min: number;
  max: number;
  value: number;
  onChange: (value: number) => void;
}

function Count({ words, min, max, value, onChange }: CountProps) {
  return (
    <label class="field">
      {words}
      <input
        type="number"
        required
        min={min}
        max={max}
        value={value}
        onInput={({ currentTarget }) => {
          if (!Number.isNaN(currentTarget.valueAsNumber)) onChange(currentTarget.valueAsNumber);
        }}
      />
    </label>
  );
}
