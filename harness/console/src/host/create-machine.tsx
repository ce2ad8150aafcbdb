/** A new machine: of a guest image, or of an ISO, in a few clicks. */
import { useEffect, useState } from 'preact/hooks';
import { wordsOf, type Image } from './api.js';
import { Dialog, Failure } from './dialog.js';
import type { HostSession } from './host-session.js';
import { engineOf, freeName, memoryOf, specOf, type EngineChoice, type Source } from './machine-spec.js';
import { machinePlace } from './places.js';

export function CreateMachine({ session, onClose }: { session: HostSession; onClose: () => void }) {
  const [images, setImages] = useState<readonly Image[] | null>(null);
  const [failed, fail] = useState<string | null>(null);
  const [way, choose] = useState<'image' | 'file' | 'empty'>('image');
  const [chosen, setImage] = useState('');
  const [path, setPath] = useState('');
  const [name, setName] = useState<string | null>(null);
  const [memory, setMemory] = useState<number | null>(null);
  const [disk, setDisk] = useState(0);
  const [engine, setEngine] = useState<EngineChoice>('auto');
  const [isStarted, start] = useState(true);
  useEffect(() => {
    session.call('listImages', {}).then(
      (all) => {
        setImages(all);
        setImage(all.find(({ cached }) => cached)?.name ?? all[0]?.name ?? '');
      },
      (error: unknown) => fail(wordsOf(error)),
    );
  }, [session]);
  const image = images?.find((one) => one.name === chosen);
  const source: Source =
    way === 'image' && image !== undefined
      ? { kind: 'image', image }
      : way === 'file'
        ? { kind: 'file', path: path.trim() }
        : { kind: 'empty' };
  const suggested = freeName(
    way === 'image' ? chosen : way === 'file' ? (path.split('/').at(-1) ?? '').replace(/\.\w+$/, '') : 'machine',
    session.view.machines.map((one) => one.name),
  );
  const wanted = { source, engine, memory: memory ?? memoryOf(source), disk };
  const go = async (): Promise<void> => {
    const called = name ?? suggested;
    await session.call('createMachine', { body: { name: called, spec: specOf(wanted) } });
    location.hash = machinePlace(session.url, called);
    // What becomes of it is shown where the machine is.
    if (isStarted)
      void session.finish(session.call('startMachine', { params: { name: called } })).catch(() => undefined);
  };
  return (
    <Dialog title="New machine" go={isStarted ? 'Create and start' : 'Create'} onGo={go} onClose={onClose} wide>
      <div class="choice" role="group" aria-label="What it starts from">
        <button type="button" aria-pressed={way === 'image'} onClick={() => choose('image')}>
          Guest image
        </button>
        <button type="button" aria-pressed={way === 'file'} onClick={() => choose('file')}>
          ISO or floppy file
        </button>
        <button type="button" aria-pressed={way === 'empty'} onClick={() => choose('empty')}>
          Empty
        </button>
      </div>
      {way === 'image' ? (
        <div class="images" role="radiogroup" aria-label="Guest image">
          <Failure words={failed} />
          {(images ?? []).map((one) => (
            <label key={one.name} class={one.name === chosen ? 'chosen' : undefined}>
              <input
                type="radio"
                name="image"
                value={one.name}
                checked={one.name === chosen}
                onChange={() => setImage(one.name)}
              />
              <span>
                <strong>{one.name}</strong>{' '}
                <small>{one.cached ? sizeOf(one.size) : 'is built first: takes a while'}</small>
                <br />
                <small>{one.description}</small>
              </span>
            </label>
          ))}
        </div>
      ) : null}
      {way === 'file' ? (
        <label class="field">
          File on the host
          <input
            required
            value={path}
            placeholder="/srv/iso/debian-12.iso"
            onInput={({ currentTarget }) => setPath(currentTarget.value)}
          />
        </label>
      ) : null}
      <div class="fields">
        <label class="field">
          Name
          <input
            required
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,62}"
            title="Up to 63 letters, digits, dots, dashes or underscores, a letter or digit first"
            value={name ?? suggested}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <label class="field">
          Memory, MB
          <input
            type="number"
            min={4}
            value={wanted.memory}
            onInput={({ currentTarget }) => setMemory(currentTarget.valueAsNumber)}
          />
        </label>
        <label class="field">
          Blank disk, MB (0: none)
          <input
            type="number"
            min={0}
            value={disk}
            onInput={({ currentTarget }) => setDisk(currentTarget.valueAsNumber || 0)}
          />
        </label>
        <label class="field">
          Engine
          <select value={engine} onChange={({ currentTarget }) => setEngine(currentTarget.value as EngineChoice)}>
            <option value="auto">Automatic: {engineOf({ ...wanted, engine: 'auto' })}</option>
            <option value="v86">v86: small, exact to the bit</option>
            <option value="qemu">QEMU: any guest</option>
          </select>
        </label>
      </div>
      <label>
        <input type="checkbox" checked={isStarted} onChange={({ currentTarget }) => start(currentTarget.checked)} />{' '}
        Start it at once
      </label>
    </Dialog>
  );
}

const sizeOf = (bytes: number | null): string => (bytes === null ? '' : `${(bytes / 1e6).toFixed(0)} MB`);
