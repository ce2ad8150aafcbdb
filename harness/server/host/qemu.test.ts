/** A host with a machine of QEMU: where it differs is what becomes of it when its process is killed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { engineNamed } from '../../../sdk/engines/index.js';
import { lockHolder } from '../../../sdk/lock.js';
import { Host } from './host.js';

const { available } = await (await engineNamed('qemu')).probe();

/** Emulators that run something in a folder. */
function emulators(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return commandLine.includes('qemu-system') && commandLine.includes(folder);
    } catch {
      return false;
    }
  });
}

test.skipIf(!available)('a machine of QEMU is used, saved, reverted, and off when its process was killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-host-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  const floppy = join(folder, 'typewriter.img');
  await writeFile(floppy, typewriter());
  await using host = await Host.open(join(folder, 'host'));
  const name = 'first';
  const ended = async ({ id }: { id: string }): Promise<void> => {
    const { state, failure } = await host.tasks.ended(id);
    expect([state, failure]).toEqual(['done', null]);
  };
  const shows = async (text: string): Promise<void> =>
    await expect.poll(async () => (await host.look(name)).rows?.join('\n'), { timeout: 60_000 }).toContain(text);
  const type = async (text: string): Promise<void> => await host.handle(name, { kind: 'type', text });

  await host.create({ name, spec: { engine: 'qemu', floppy, memory: 16, disks: [{ sizeMb: 4 }] } }, null);
  await ended(host.start(name, null));
  await shows('>');
  await type('abc');
  await shows('abc');
  await ended(host.snapshot(name, 'one', null));
  await type('def');
  await shows('abcdef');
  await ended(host.saveState(name, null));
  expect(emulators(folder)).toEqual([]);
  await ended(host.start(name, null));
  await shows('abcdef');
  await ended(host.revert(name, 'one', null));
  expect((await host.look(name)).rows?.join('\n')).not.toContain('def');
  await type('ghi');
  await shows('abcghi');
  const holder = await lockHolder(join(host.folder, 'machines', name, 'lease'));
  process.kill(holder?.pid ?? 0, 'SIGKILL');
  await vi.waitFor(() => expect(host.list()[0]?.state).toBe('turned-off'), { timeout: 60_000 });
  await vi.waitFor(() => expect(emulators(folder)).toEqual([]), { timeout: 60_000 });
  expect(host.list()[0]?.detail).toBe('Its process was killed while it was running.');
  await ended(host.start(name, null));
  await shows('>');
  await ended(host.powerOff(name, null));
});
