/** Hosts with a machine whose guest counts its starts on its disk. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { bootCounter, diskWith } from '../../../sdk/engines/conformance/boot-sector.js';
import { engineNamed } from '../../../sdk/engines/index.js';
import { Host } from './host.js';
import type { Task } from './tasks.js';

export const { available } = await (await engineNamed('qemu')).probe();
export const ENGINES = ['v86', ...(available ? ['qemu'] : [])];

export interface Counting {
  host: Host;
  /** Starts a machine and gives the count that it shows: A at first. */
  count: (name: string) => Promise<string>;
  off: (name: string) => Promise<void>;
  done: (task: Task) => Promise<void>;
}

export async function counting(engine: string, settings: object = {}): Promise<Counting> {
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
