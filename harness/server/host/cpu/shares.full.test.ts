/** Machines with busy guests, all on one processor of this host: what each gets is as was set. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineNamed } from '../../../../sdk/engines/index.js';
import { lockHolder } from '../../../../sdk/lock.js';
import { Host } from '../host.js';
import { treeOf, useOf } from '../process-use.js';
import { groupRoot } from './control-groups.js';
import { groupPrefix } from './cpu-control.js';

const { available } = await (await engineNamed('qemu')).probe();
const root = groupRoot();
const why = !available ? ' (no QEMU)' : root === null ? ' (no control groups that can be changed)' : '';

let folder = '';
let host: Host;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-shares-'));
  // jmp to itself
  const floppy = new Uint8Array(1_474_560);
  floppy.set([0xeb, 0xfe]);
  floppy.set([0x55, 0xaa], 510);
  await writeFile(join(folder, 'busy.img'), floppy);
  host = await Host.open(join(folder, 'host'));
});
afterAll(async () => {
  for (const { name, state } of host.list())
    if (state === 'running') await host.tasks.ended(host.powerOff(name, null).id);
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** @returns its process, on the first processor with all that it has started */
async function busy(name: string, cpu: object): Promise<number> {
  const spec = { engine: 'qemu', floppy: join(folder, 'busy.img'), memory: 16 };
  await host.create({ name, spec, settings: { cpu: { weight: 100, cap: null, reservation: 0, ...cpu } } }, null);
  expect((await host.tasks.ended(host.start(name, null).id)).failure).toBeNull();
  const { pid = 0 } = (await lockHolder(join(host.folder, 'machines', name, 'lease'))) ?? {};
  for (const one of treeOf(pid)) await execa('taskset', ['-acp', '0', `${one}`]);
  return pid;
}

/** Of this host: others are used meanwhile. */
const groups = (): string[] =>
  root === null ? [] : readdirSync(root.path).filter((name) => name.startsWith(groupPrefix(host.folder)));

/** Seconds of a processor that each takes in so many wall seconds, by the same clock. */
async function taken(pids: readonly number[], seconds: number): Promise<number[]> {
  const before = pids.map((pid) => useOf(pid)?.cpuSeconds ?? 0);
  await setTimeout(seconds * 1000);
  return pids.map((pid, i) => (useOf(pid)?.cpuSeconds ?? 0) - (before[i] ?? 0));
}

test.skipIf(why !== '')(`weights show, a cap is kept, and groups are gone with their machines${why}`, async () => {
  const heavy = await busy('heavy', { weight: 400 });
  const light = await busy('light', { weight: 100 });
  const [much = 0, little = 0] = await taken([heavy, light], 10);
  expect(much / little).toBeGreaterThan(2);
  expect(much / little).toBeLessThan(8);
  expect((await host.status()).machines.map(({ cpuControl }) => cpuControl)).toEqual(['cgroup', 'cgroup']);
  // While it runs: a twentieth of all processors, of which there is one at least.
  await host.configure('heavy', { cpu: { weight: 400, cap: 5, reservation: 0 } }, null);
  const [capped = 0] = await taken([heavy], 5);
  const { cpus } = await host.status();
  expect(capped / 5).toBeLessThan(cpus * 0.05 * 1.3);
  expect(groups()).toHaveLength(2);
  for (const name of ['heavy', 'light']) await host.tasks.ended(host.powerOff(name, null).id);
  // What looks after a machine's processes ends a moment after them.
  await setTimeout(3000);
  await host[Symbol.asyncDispose]();
  expect(groups()).toEqual([]);
  host = await Host.open(host.folder);
});
