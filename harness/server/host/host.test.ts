/** A host with machines of the embedded engine: real processes, which outlive it. */
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { lockHolder, processExists } from '../../../sdk/lock.js';
import { Host } from './host.js';

let folder = '';
let host: Host;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-host-'));
  await writeFile(join(folder, 'typewriter.img'), typewriter());
  host = await Host.open(join(folder, 'host'));
});

afterEach(async () => {
  for (const { name, state } of host.list()) {
    if (state !== 'turned-off' && state !== 'saved') await ended(host.powerOff(name, null));
  }
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const spec = () => ({ engine: 'v86', floppy: join(folder, 'typewriter.img'), memory: 8 });

async function ended({ id }: { id: string }): Promise<void> {
  const task = await host.tasks.ended(id);
  if (task.state !== 'done') throw new Error(`${task.kind}: ${task.state}: ${task.failure?.message ?? ''}`);
}

const stateOf = (name: string) => host.list().find((machine) => machine.name === name)?.state;

/** Looks until the screen has a text. */
async function shows(name: string, text: string): Promise<void> {
  await expect.poll(async () => (await host.look(name)).rows?.join('\n'), { timeout: 60_000 }).toContain(text);
}

async function startTyping(name: string, text: string): Promise<void> {
  await host.create({ name, spec: spec() }, 'anna');
  await ended(host.start(name, 'anna'));
  await shows(name, '>');
  await host.handle(name, { kind: 'type', text });
  await shows(name, text);
}

test('a machine is created, used, saved, goes on, and is deleted', async () => {
  await startTyping('first', 'abc');
  expect(stateOf('first')).toBe('running');
  await host.pause('first', null);
  expect(stateOf('first')).toBe('paused');
  await host.resume('first', null);
  await expect(host.delete('first', null)).rejects.toMatchObject({ code: 'machine-running' });
  await ended(host.saveState('first', null));
  expect(stateOf('first')).toBe('saved');
  await expect(host.look('first')).rejects.toMatchObject({ code: 'machine-not-running' });
  await ended(host.start('first', null));
  await shows('first', 'abc');
  await host.handle('first', { kind: 'type', text: 'def' });
  await shows('first', 'abcdef');
  await ended(host.powerOff('first', null));
  expect(stateOf('first')).toBe('turned-off');
  const files = (await host.wouldRemove('first')).map(({ path }) => path.split('/').at(-1));
  expect(files).toContain('machine.json');
  await host.delete('first', 'anna');
  expect(host.list()).toEqual([]);
  expect(readdirSync(join(host.folder, 'machines'))).toEqual([]);
  const events = host.events.search({ machine: 'first', limit: 100 }).map(({ kind, by }) => [kind, by]);
  expect(events).toContainEqual(['created', 'anna']);
  expect(events).toContainEqual(['start', 'anna']);
  expect(events.at(-1)).toEqual(['deleted', 'anna']);
});

test('snapshots are a tree: it goes back to one while it runs, and while it is off', async () => {
  await startTyping('tree', 'a');
  await ended(host.snapshot('tree', 'one', null));
  await host.handle('tree', { kind: 'type', text: 'b' });
  await shows('tree', 'ab');
  await ended(host.snapshot('tree', 'two', null));
  await ended(host.revert('tree', 'one', null));
  const [screen] = [(await host.look('tree')).rows?.join('\n')];
  expect(screen).toContain('a');
  expect(screen).not.toContain('ab');
  await host.handle('tree', { kind: 'type', text: 'c' });
  await shows('tree', 'ac');
  await ended(host.snapshot('tree', 'three', null));
  const { snapshots } = await host.details('tree');
  const [one, two, three] = snapshots;
  expect([one?.parent, two?.parent, three?.parent]).toEqual([null, one?.id, one?.id]);
  await ended(host.powerOff('tree', null));
  await ended(host.revert('tree', 'two', null));
  expect(stateOf('tree')).toBe('saved');
  await ended(host.start('tree', null));
  await shows('tree', 'ab');
  await host.removeSnapshot('tree', 'one', null);
  expect((await host.details('tree')).snapshots.map(({ parent }) => parent)).toEqual([null, null]);
  await expect(host.removeSnapshot('tree', 'none', null)).rejects.toMatchObject({ code: 'snapshot-missing' });
});

test('machines outlive their host, and the next finds them', async () => {
  await startTyping('survivor', 'abc');
  const { pid } = (await lockHolder(join(host.folder, 'machines', 'survivor', 'lease'))) ?? {};
  await expect(Host.open(host.folder)).rejects.toMatchObject({ code: 'host-in-use' });
  await host[Symbol.asyncDispose]();
  host = await Host.open(host.folder);
  expect(stateOf('survivor')).toBe('running');
  await shows('survivor', 'abc');
  expect((await lockHolder(join(host.folder, 'machines', 'survivor', 'lease')))?.pid).toBe(pid);
  await host.handle('survivor', { kind: 'type', text: 'def' });
  await shows('survivor', 'abcdef');
});

test('a machine whose process is killed is where it was again', async () => {
  await startTyping('killed', 'abc');
  await ended(host.snapshot('killed', 'one', null));
  await host.handle('killed', { kind: 'type', text: 'def' });
  await shows('killed', 'abcdef');
  const holder = await lockHolder(join(host.folder, 'machines', 'killed', 'lease'));
  process.kill(holder?.pid ?? 0, 'SIGKILL');
  await expect
    .poll(() => host.events.search({ machine: 'killed', kind: 'rebuilt', limit: 1 }), { timeout: 60_000 })
    .toHaveLength(1);
  await shows('killed', 'abcdef');
  await host.handle('killed', { kind: 'type', text: 'ghi' });
  await shows('killed', 'abcdefghi');
});

test('a folder that was copied elsewhere is registered, used there and forgotten', async () => {
  await startTyping('original', 'abc');
  await ended(host.saveState('original', null));
  const copy = join(folder, 'elsewhere');
  await cp(join(host.folder, 'machines', 'original'), copy, { recursive: true });
  await expect(host.register(copy, null)).rejects.toMatchObject({ code: 'machine-exists' });
  const config = JSON.parse(await readFile(join(copy, 'machine.json'), 'utf8')) as object;
  await writeFile(join(copy, 'machine.json'), JSON.stringify({ ...config, name: 'copy' }));
  expect(await host.register(copy, null)).toBe('copy');
  await ended(host.start('copy', null));
  await shows('copy', 'abc');
  await ended(host.powerOff('copy', null));
  await host.unregister('copy', null);
  expect(host.list().map(({ name }) => name)).toEqual(['original']);
  expect(readdirSync(copy)).toContain('machine.json');
});

test('a clone goes its own way, and names are changed while a machine is off', async () => {
  await startTyping('mother', 'abc');
  expect(() => host.clone('mother', 'child', null)).toThrow('mother runs');
  await ended(host.saveState('mother', null));
  await ended(host.clone('mother', 'child', null));
  await host.rename('child', 'daughter', null);
  await ended(host.start('daughter', null));
  await shows('daughter', 'abc');
  expect(stateOf('mother')).toBe('saved');
  await expect(host.rename('mother', 'daughter', null)).rejects.toMatchObject({ code: 'machine-exists' });
  await host.discardState('mother', null);
  expect(stateOf('mother')).toBe('turned-off');
});

test('of two that want one name at the same time one gets it, and the other stays as it was', async () => {
  await host.create({ name: 'one', spec: spec() }, null);
  const [renamed, created] = await Promise.allSettled([
    host.rename('one', 'two', null),
    host.create({ name: 'two', spec: spec() }, null),
  ]);
  const refused = [renamed, created].filter((result) => result.status === 'rejected');
  expect(refused).toMatchObject([{ reason: { kind: 'usage' } }]);
  const names = renamed.status === 'fulfilled' ? ['two'] : ['one', 'two'];
  expect(host.list().map(({ name }) => name)).toEqual(names);
  for (const name of names) expect((await host.details(name)).config.name).toBe(name);
});

test('a machine that is only being started when its host quits does what its settings say, too', async () => {
  await host.create({ name: 'late', spec: spec() }, null);
  const { id } = host.start('late', null);
  await host.quit();
  expect(host.tasks.get(id)).toMatchObject({ state: 'done' });
  expect(stateOf('late')).toBe('saved');
  expect(await lockHolder(join(host.folder, 'machines', 'late', 'lease'))).toBeNull();
});

test('the process of a machine whose folder was removed ends', async () => {
  await startTyping('gone', 'abc');
  const lease = join(host.folder, 'machines', 'gone', 'lease');
  const { pid = 0 } = (await lockHolder(lease)) ?? {};
  expect(pid).toBeGreaterThan(0);
  await rm(join(host.folder, 'machines', 'gone'), { recursive: true });
  await expect.poll(() => processExists(pid), { timeout: 30_000 }).toBe(false);
  await expect.poll(() => stateOf('gone')).toBe('turned-off');
});

test('what cannot be is said, and nothing of it is left', async () => {
  const wrong = { name: 'wrong', spec: { ...spec(), memory: 'much' } };
  await expect(host.create(wrong, null)).rejects.toMatchObject({ code: 'spec-invalid' });
  const kept = { name: 'kept', spec: { ...spec(), disks: [{ sizeMb: 1, overlay: 'x' }] } };
  await expect(host.create(kept, null)).rejects.toMatchObject({ code: 'hosted-spec-invalid' });
  await host.create({ name: 'lost', spec: { ...spec(), floppy: join(folder, 'missing.img') } }, null);
  const { id } = host.start('lost', null);
  expect(await host.tasks.ended(id)).toMatchObject({
    state: 'failed',
    failure: { code: 'machine-start-failed', message: expect.stringContaining('lost did not start') as string },
  });
  expect(host.tasks.get(id).failure?.message).toContain('missing.img');
  expect(stateOf('lost')).toBe('turned-off');
  expect(await lockHolder(join(host.folder, 'machines', 'lost', 'lease'))).toBeNull();
  await expect(host.details('nobody')).rejects.toMatchObject({ code: 'machine-unknown' });
  expect(readdirSync(join(host.folder, 'machines'))).toEqual(['lost']);
});
