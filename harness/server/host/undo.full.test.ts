/** Undo disks, and machines that begin where another is, with guests that count their starts on their disk. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bootCounter, diskWith } from '../../../sdk/engines/conformance/boot-sector.js';
import { engineNamed } from '../../../sdk/engines/index.js';
import { lockHolder } from '../../../sdk/lock.js';
import { Host } from './host.js';
import type { Task } from './tasks.js';

const { available } = await (await engineNamed('qemu')).probe();
const ENGINES = ['v86', ...(available ? ['qemu'] : [])];

interface Counting {
  host: Host;
  /** Starts a machine and gives the count that it shows: A at first. */
  count: (name: string) => Promise<string>;
  off: (name: string) => Promise<void>;
  done: (task: Task) => Promise<void>;
}

async function counting(engine: string, settings: object = {}): Promise<Counting> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-undo-'));
  const path = join(folder, 'counter.img');
  await writeFile(path, diskWith(bootCounter()));
  const host = await Host.open(join(folder, 'host'));
  const done = async ({ id }: Task): Promise<void> => {
    const { state, failure } = await host.tasks.ended(id);
    expect([state, failure?.message]).toEqual(['done', undefined]);
  };
  onTestFinished(async () => {
    for (const { name, state } of host.list()) if (state === 'running') await done(host.powerOff(name, null));
    await host[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  await host.create({ name: 'first', spec: { engine, memory: 16, disks: [{ path }], boot: ['disk'] }, settings }, null);
  return {
    host,
    done,
    async count(name) {
      await done(host.start(name, null));
      const text = async (): Promise<string> => (await host.look(name)).rows?.join('') ?? '';
      await expect.poll(text, { timeout: 60_000 }).toMatch(/#[A-Z]/);
      return /#([A-Z])/.exec(await text())?.[1] ?? '';
    },
    off: async (name) => await done(host.powerOff(name, null)),
  };
}

for (const engine of ENGINES) {
  test(`${engine}: what a run writes is thrown away at power-off, however that came`, async () => {
    const { host, count, off, done } = await counting(engine, { undo: 'discard' });
    expect(await count('first')).toBe('A');
    await off('first');
    expect(await count('first')).toBe('A');
    // What is saved goes on with what it has written.
    await done(host.saveState('first', null));
    expect((await host.details('first')).hasChanges).toBe(true);
    await done(host.start('first', null));
    await off('first');
    expect((await host.details('first')).hasChanges).toBe(false);
    expect(await count('first')).toBe('A');
    if (engine === 'qemu') {
      process.kill((await lockHolder(join(host.folder, 'machines', 'first', 'lease')))?.pid ?? 0, 'SIGKILL');
      await expect.poll(() => host.list()[0]?.state, { timeout: 60_000 }).toBe('turned-off');
      expect(await count('first')).toBe('A');
    }
  });

  test(`${engine}: it is kept over runs until somebody decides`, async () => {
    const { host, count, off } = await counting(engine, { undo: 'keep' });
    for (const expected of ['A', 'B']) {
      expect(await count('first')).toBe(expected);
      await off('first');
    }
    await expect(host.configure('first', { undo: null }, null)).rejects.toMatchObject({ code: 'changes-pending' });
    await host.endChanges('discard', 'first', null);
    await expect(host.endChanges('discard', 'first', null)).rejects.toMatchObject({ code: 'changes-missing' });
    expect(await count('first')).toBe('A');
    await expect(host.endChanges('commit', 'first', null)).rejects.toMatchObject({ code: 'machine-running' });
    await off('first');
    await host.endChanges('commit', 'first', null);
    await host.configure('first', { undo: 'commit' }, null);
    for (const expected of ['B', 'C']) {
      expect(await count('first')).toBe(expected);
      await off('first');
    }
    expect((await host.details('first')).hasChanges).toBe(false);
  });

  test(`${engine}: a clone shares what it can, and a snapshot is where another machine begins`, async () => {
    const { host, count, off, done } = await counting(engine);
    expect(await count('first')).toBe('A');
    await done(host.snapshot('first', 'one', null));
    // The other machine runs on meanwhile.
    await done(host.clone('first', 'fork', null, 'one'));
    expect(host.list().map(({ name, state }) => [name, state])).toEqual([
      ['first', 'running'],
      ['fork', 'saved'],
    ]);
    await off('first');
    expect(await count('first')).toBe('B');
    await off('first');
    await done(host.clone('first', 'second', null));
    const [state] = (await host.details('first')).snapshots;
    const of = async (name: string) =>
      await stat(join(host.folder, 'machines', name, 'snapshots', `${state?.id ?? ''}.state`));
    expect((await of('second')).ino).toBe((await of('first')).ino);
    await host.delete('first', null);
    // It goes on where the snapshot was taken, with the disk of that moment.
    expect(await count('fork')).toBe('A');
    await off('fork');
    expect(await count('fork')).toBe('B');
    expect(await count('second')).toBe('C');
    await done(host.revert('second', 'one', null));
    await expect.poll(async () => (await host.look('second')).rows?.join('')).toContain('#A');
    await expect(host.details('first')).rejects.toMatchObject({ code: 'machine-unknown' });
  });
}

test('machines start with the daemon one after the other, each after its delay', async () => {
  const { host } = await counting('v86', { autostart: 'always', autostartDelay: 1 });
  const { config } = await host.details('first');
  await host.create({ name: 'second', spec: config.spec, settings: { autostart: 'always', autostartDelay: 2 } }, null);
  const before = Date.now();
  await host.autostart();
  const starts = host.events.search({ kind: 'start', limit: 9 });
  expect(starts.map(({ machine }) => machine)).toEqual(['first', 'second']);
  const [first = 0, second = 0] = starts.map(({ at }) => Date.parse(at) - before);
  expect(first).toBeGreaterThanOrEqual(990);
  expect(second - first).toBeGreaterThanOrEqual(1990);
  await host.quit();
});
