/** Tasks of a host that are given up, and machines that do not fit, with real machines of the embedded engine. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { lockHolder } from '../../../sdk/lock.js';
import { Host } from './host.js';
import { memoryOf, parseBytes } from './memory-budget.js';
import type { Task } from './tasks.js';

let folder = '';
let host: Host;
const MB = 1 << 20;
const each = memoryOf({ engine: 'v86', memoryMb: 16 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-tasks-'));
  await writeFile(join(folder, 'typewriter.img'), typewriter());
  host = await Host.open(join(folder, 'host'), { memoryBudget: 2 * each + MB });
});

afterEach(async () => {
  for (const { name, state } of host.list()) {
    if (state !== 'turned-off' && state !== 'saved') await host.tasks.ended(host.powerOff(name, null).id);
  }
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const create = async (name: string): Promise<void> =>
  await host.create({ name, spec: { engine: 'v86', floppy: join(folder, 'typewriter.img'), memory: 8 } }, null);
const stateOf = (name: string) => host.list().find((machine) => machine.name === name)?.state;
const shows = async (name: string, text: string): Promise<void> =>
  await expect.poll(async () => (await host.look(name)).rows?.join('\n'), { timeout: 60_000 }).toContain(text);

async function done({ id }: Task): Promise<void> {
  const { state, failure } = await host.tasks.ended(id);
  expect([state, failure?.message]).toEqual(['done', undefined]);
}

async function cancelled({ id }: Task): Promise<void> {
  await host.cancel(id, 'anna');
  expect(await host.tasks.ended(id)).toMatchObject({ state: 'cancelled', failure: { code: 'task-cancelled' } });
}

test('a start is given up: the machine is off, and saved when it was', async () => {
  await create('first');
  await cancelled(host.start('first', null));
  expect(stateOf('first')).toBe('turned-off');
  expect(await lockHolder(join(host.folder, 'machines', 'first', 'lease'))).toBeNull();
  await done(host.start('first', null));
  await shows('first', '>');
  await host.handle('first', { kind: 'type', text: 'abc' });
  await shows('first', 'abc');
  await done(host.saveState('first', null));
  await cancelled(host.start('first', null));
  expect(stateOf('first')).toBe('saved');
  await done(host.start('first', null));
  await shows('first', 'abc');
  expect(
    host.events.search({ machine: 'first', kind: 'cancelled', limit: 9 }).map(({ by, detail }) => [by, detail]),
  ).toEqual([
    ['anna', 'start'],
    ['anna', 'start'],
  ]);
});

test('a save and a snapshot are given up: the machine runs on, and nothing of them is left', async () => {
  await create('first');
  await done(host.start('first', null));
  await shows('first', '>');
  const path = join(host.folder, 'machines', 'first');
  for (const begin of [() => host.saveState('first', null), () => host.snapshot('first', 'one', null)]) {
    const task = begin();
    // As soon as the machine has begun with it.
    await expect.poll(() => stateOf('first'), { interval: 1 }).toBe('saving');
    await cancelled(task);
    expect(stateOf('first')).toBe('running');
  }
  expect(existsSync(join(path, 'saved.state'))).toBe(false);
  expect(readdirSync(join(path, 'snapshots'))).toEqual([]);
  expect(readdirSync(join(path, 'run')).filter((file) => file.startsWith('saving'))).toEqual([]);
  await host.handle('first', { kind: 'type', text: 'abc' });
  await shows('first', 'abc');
  const off = host.powerOff('first', null);
  await expect(host.cancel(off.id, null)).rejects.toMatchObject({ code: 'task-not-cancellable' });
  await done(off);
});

test('a clone is given up, and there is no machine of it', async () => {
  await create('mother');
  // Long enough to be given up, and a hole: nothing of it takes space.
  await writeFile(join(host.folder, 'machines', 'mother', 'large.iso'), '');
  await truncate(join(host.folder, 'machines', 'mother', 'large.iso'), 2048 * MB);
  const task = host.clone('mother', 'child', null);
  await expect.poll(() => host.tasks.get(task.id).progress, { interval: 1 }).toBeGreaterThan(0);
  await cancelled(task);
  expect(readdirSync(join(host.folder, 'machines'))).toEqual(['mother']);
  expect(host.list().map(({ name }) => name)).toEqual(['mother']);
});

test('machines that do not fit are refused with the numbers, those that begin at once too', async () => {
  for (const name of ['first', 'second', 'third']) await create(name);
  const starts = [host.start('first', null), host.start('second', null)];
  expect(() => host.start('third', null)).toThrow(/MB in all[^]*in use by first \d+ MB, second \d+ MB/);
  for (const start of starts) await done(start);
  expect((await host.status()).memory).toMatchObject({ budget: 2 * each + MB, reserved: 2 * each });
  // Those that go on when the daemon has ended count for the next.
  await host[Symbol.asyncDispose]();
  host = await Host.open(host.folder, { memoryBudget: 2 * each + MB });
  expect(() => host.start('third', null)).toThrow(/does not fit/);
  await done(host.saveState('first', null));
  await done(host.start('third', null));
  expect(() => host.start('first', null)).toThrow(/second \d+ MB, third \d+ MB/);
});

test('a start that fails or is given up counts no more', async () => {
  for (const name of ['first', 'second', 'third']) await create(name);
  await done(host.start('first', null));
  await cancelled(host.start('second', null));
  await done(host.start('third', null));
});

test('sizes are read as people write them', () => {
  expect(['16G', '512M', '1.5g', '2GiB', '1024'].map((text) => parseBytes(text, '--memory'))).toEqual([
    16 * 1024 * MB,
    512 * MB,
    1536 * MB,
    2048 * MB,
    1024,
  ]);
  for (const text of ['', 'much', '-1G', '0', '1X', '1e3'])
    expect(() => parseBytes(text, '--memory')).toThrow(/--memory is no size/);
});
