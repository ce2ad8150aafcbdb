/** What a machine is made of and how it is kept. Hardware is changed while it is off, media also while it runs. */
import { useState } from 'preact/hooks';
import type { MachineDetails, MachineState } from './api.js';
import { Failure } from './dialog.js';
import type { HostSession } from './host-session.js';
import { hasScreen } from './power.js';
import { Settings } from './settings-form.js';
import { UndoneChanges } from './undo-changes.js';
import { useDoing } from './use.js';

export interface HardwareTabProps {
  session: HostSession;
  details: MachineDetails;
  state: MachineState;
}

export function HardwareTab(props: HardwareTabProps) {
  return (
    <div class="columns">
      <Hardware {...props} />
      <div>
        <UndoneChanges {...props} />
        <Media {...props} />
        <Settings {...props} />
      </div>
    </div>
  );
}

type Disk = { sizeMb: number } | { path: string };

interface Fields {
  memory: number;
  floppy: string | null | undefined;
  cdrom: string | null | undefined;
  disks: readonly unknown[];
}

function fieldsOf(spec: Readonly<Record<string, unknown>>): Fields {
  const medium = (value: unknown): string | null | undefined =>
    value === null || typeof value === 'string' ? value : undefined;
  return {
    memory: typeof spec['memory'] === 'number' ? spec['memory'] : 64,
    floppy: medium(spec['floppy']),
    cdrom: medium(spec['cdrom']),
    disks: Array.isArray(spec['disks']) ? (spec['disks'] as unknown[]) : [],
  };
}

function Hardware({ session, details, state }: HardwareTabProps) {
  const { name, config } = details;
  const before = fieldsOf(config.spec);
  const [fields, setFields] = useState(before);
  const [isText, showText] = useState(false);
  const [text, setText] = useState(() => JSON.stringify(config.spec, null, 2));
  const doing = useDoing();
  const canChange = state === 'turned-off';
  const change = (some: Partial<Fields>): void => setFields({ ...fields, ...some });
  const save = async (): Promise<void> => {
    const spec = isText ? specOfText(text) : withFields(config.spec, fields);
    await session.call('configureMachine', { params: { name }, body: { spec } });
  };
  return (
    <form
      aria-label="Hardware"
      onSubmit={(event) => {
        event.preventDefault();
        void doing.run(save);
      }}
    >
      <h2>Hardware</h2>
      {canChange ? null : <p class="note">It can be changed while the machine is off.</p>}
      <fieldset disabled={!canChange}>
        {isText ? (
          <label class="field">
            Spec (JSON)
            <textarea
              class="code"
              rows={16}
              spellcheck={false}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
        ) : (
          <>
            <label class="field">
              Memory, MB
              <input
                type="number"
                min={4}
                required
                value={fields.memory}
                onInput={({ currentTarget }) => change({ memory: currentTarget.valueAsNumber })}
              />
            </label>
            <Drive words="CD drive" value={fields.cdrom} onChange={(cdrom) => change({ cdrom })} />
            <Drive words="Floppy drive" value={fields.floppy} onChange={(floppy) => change({ floppy })} />
            <Disks disks={fields.disks} onChange={(disks) => change({ disks })} />
          </>
        )}
        <div class="buttons">
          <button type="button" class="quiet" onClick={() => showText(!isText)}>
            {isText ? 'As a form' : 'As JSON'}
          </button>
          <button type="submit" class="primary" disabled={doing.busy}>
            Save hardware
          </button>
        </div>
      </fieldset>
      <Failure words={doing.failed} />
    </form>
  );
}

/** The rest of the spec stays as it is. */
function withFields(spec: Readonly<Record<string, unknown>>, fields: Fields): Record<string, unknown> {
  const { floppy, cdrom, disks, memory } = fields;
  const rest = Object.fromEntries(Object.entries(spec).filter(([key]) => !['floppy', 'cdrom', 'disks'].includes(key)));
  return {
    ...rest,
    memory,
    ...(floppy === undefined ? {} : { floppy }),
    ...(cdrom === undefined ? {} : { cdrom }),
    ...(disks.length === 0 ? {} : { disks }),
  };
}

function specOfText(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('A spec is a JSON object.');
  return { ...value };
}

interface DriveProps {
  words: string;
  /** Undefined: there is no such drive; null: it is empty. */
  value: string | null | undefined;
  onChange: (value: string | null | undefined) => void;
}

function Drive({ words, value, onChange }: DriveProps) {
  return (
    <div class="field">
      <label>
        <input
          type="checkbox"
          checked={value !== undefined}
          onChange={({ currentTarget }) => onChange(currentTarget.checked ? null : undefined)}
        />{' '}
        {words}
      </label>
      {value === undefined ? null : (
        <input
          aria-label={`Medium in the ${words}`}
          placeholder="empty"
          value={value ?? ''}
          onInput={({ currentTarget }) => onChange(currentTarget.value === '' ? null : currentTarget.value)}
        />
      )}
    </div>
  );
}

function Disks({ disks, onChange }: { disks: readonly unknown[]; onChange: (disks: readonly unknown[]) => void }) {
  const [size, setSize] = useState(512);
  const [path, setPath] = useState('');
  const add = (disk: Disk): void => onChange([...disks, disk]);
  return (
    <div class="field" role="group" aria-label="Disks">
      Disks
      <ul class="disks">
        {disks.map((disk, i) => (
          <li key={i}>
            <code>{wordDisk(disk)}</code>
            <button
              type="button"
              class="small"
              aria-label={`Take disk ${i} out`}
              onClick={() => onChange(disks.filter((_, other) => other !== i))}
            >
              Take out
            </button>
          </li>
        ))}
      </ul>
      <div class="tools">
        <input
          type="number"
          min={1}
          aria-label="Size of a blank disk, MB"
          value={size}
          onInput={({ currentTarget }) => setSize(currentTarget.valueAsNumber || 1)}
        />
        <button type="button" class="small" onClick={() => add({ sizeMb: size })}>
          Add a blank disk
        </button>
      </div>
      <div class="tools">
        <input
          aria-label="File of a disk on the host"
          placeholder="/srv/disks/data.vhd"
          value={path}
          onInput={({ currentTarget }) => setPath(currentTarget.value)}
        />
        <button
          type="button"
          class="small"
          disabled={path === ''}
          onClick={() => {
            add({ path });
            setPath('');
          }}
        >
          Add over a file
        </button>
      </div>
    </div>
  );
}

function wordDisk(disk: unknown): string {
  if (typeof disk === 'string') return disk;
  const { sizeMb, path, bus } = (disk ?? {}) as { sizeMb?: unknown; path?: unknown; bus?: unknown };
  const what = typeof path === 'string' ? path : `blank, ${String(sizeMb)} MB`;
  return typeof bus === 'string' ? `${what} (${bus})` : what;
}

/** Of a machine that runs. */
function Media({ session, details, state }: HardwareTabProps) {
  const { name, config } = details;
  const { cdrom, floppy } = fieldsOf(config.spec);
  const drives = [
    ...(cdrom === undefined ? [] : [{ drive: 'cdrom0' as const, words: 'CD drive' }]),
    ...(floppy === undefined ? [] : [{ drive: 'floppy0' as const, words: 'Floppy drive' }]),
  ];
  if (!hasScreen(state) || drives.length === 0) return null;
  return (
    <section aria-label="Media">
      <h2>Media</h2>
      {drives.map(({ drive, words }) => (
        <Medium key={drive} session={session} name={name} drive={drive} words={words} />
      ))}
    </section>
  );
}

interface MediumProps {
  session: HostSession;
  name: string;
  drive: 'cdrom0' | 'floppy0';
  words: string;
}

function Medium({ session, name, drive, words }: MediumProps) {
  const [medium, setMedium] = useState('');
  const [said, say] = useState('');
  const doing = useDoing();
  const change = (to: string | null): void =>
    void doing.run(async () => {
      await session.call('changeMedium', { params: { name }, body: { drive, medium: to } });
      say(to === null ? 'It is empty now.' : 'It is in the drive.');
    });
  return (
    <form
      class="tools"
      onSubmit={(event) => {
        event.preventDefault();
        change(medium);
      }}
    >
      <label>
        {words}{' '}
        <input
          required
          placeholder="file of the host, or grub-rescue:cdrom"
          value={medium}
          onInput={({ currentTarget }) => setMedium(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={doing.busy}>
        Insert
      </button>
      <button type="button" disabled={doing.busy} onClick={() => change(null)}>
        Eject
      </button>
      <output>{said}</output>
      <Failure words={doing.failed} />
    </form>
  );
}
