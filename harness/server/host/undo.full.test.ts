/** Undo disks, and machines that begin where another is, with guests that count their starts on their disk. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockHolder } from '../../../sdk/lock.js';
import { counting, ENGINES } from './counting.test.helper.js';

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
    const { host, count, off, done } = await counting(engine, { undo: 'keep' });
    for (const expected of ['A', 'B']) {
      expect(await count('first')).toBe(expected);
      await off('first');
    }
    await expect(host.configure('first', { undo: null }, null)).rejects.toMatchObject({ code: 'changes-pending' });
    await host.discardChanges('first', null);
    await expect(host.discardChanges('first', null)).rejects.toMatchObject({ code: 'changes-missing' });
    expect(await count('first')).toBe('A');
    expect(() => host.commitChanges('first', null)).toThrow('first runs');
    await off('first');
    await done(host.commitChanges('first', null));
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
    await done(host.clone('first', 'fork', null, { snapshot: 'one' }));
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
