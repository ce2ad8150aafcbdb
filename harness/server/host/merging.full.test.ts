/** What a machine of QEMU wrote to its undo disks is merged into what lies below: as a task, and harmlessly cut short. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { hasQemuImg } from '../../../sdk/disks/qemu-img.test.helper.js';
import { overlayLayers } from '../../../sdk/disks/overlay-layers.js';
import { emptyQcow2 } from '../../../sdk/disks/qcow2.js';
import { poweringOffOnButton, typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { HostClient } from '../api/client.js';
import { calls } from '../process/protocol.js';
import { available } from './counting.test.helper.js';
import { Host } from './host.js';
import type { Task } from './tasks.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const DISK_MB = 400;
const WAIT = { timeout: 60_000 };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-merging-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});
const hostFolder = (): string => join(folder, 'host');
const overlayOf = (name: string): string => join(hostFolder(), 'machines', name, 'disks', 'disk0.overlay');

async function layersOf(name: string): Promise<string[]> {
  const { below, top } = await overlayLayers(overlayOf(name));
  return [...below, top].filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** As a block node. */
async function diskOf(name: string): Promise<string> {
  const node = (await layersOf(name)).reduce<object | null>(
    (backing, filename) => ({ driver: 'qcow2', file: { driver: 'file', filename }, backing }),
    null,
  );
  return `json:${JSON.stringify(node)}`;
}

/** Into its last layer, as its guest would: so many MB of a byte. */
async function write(name: string, byte: number, fromMb: number, mb: number): Promise<void> {
  const { top } = await overlayLayers(overlayOf(name));
  if (statSync(top, { throwIfNoEntry: false }) === undefined) writeFileSync(top, emptyQcow2(DISK_MB << 20));
  execFileSync('qemu-io', ['-c', `write -P ${byte} ${fromMb}M ${mb}M`, await diskOf(name)]);
}

/** Of all that is on its disk. */
async function digest(name: string): Promise<string> {
  const raw = join(folder, 'content.raw');
  execFileSync('qemu-img', ['convert', '-O', 'raw', await diskOf(name), raw]);
  const hash = createHash('sha256').update(readFileSync(raw)).digest('hex');
  rmSync(raw);
  return hash;
}

/** Processes of `qemu-img` that work in the folder. */
function merging(): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return line.includes('qemu-img') && line.includes(`${folder}/`) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

async function create(host: Host, undo: 'keep' | 'commit', guest = typewriter()): Promise<void> {
  const floppy = join(folder, 'guest.img');
  writeFileSync(floppy, guest);
  const spec = { engine: 'qemu', floppy, memory: 16, disks: [{ sizeMb: DISK_MB }], boot: ['floppy'] };
  await host.create({ name: 'first', spec, settings: { undo } }, null);
}

const doneOn =
  (host: Host) =>
  async ({ id }: Task) => {
    const { state, failure } = await host.tasks.ended(id);
    expect([state, failure?.message]).toEqual(['done', undefined]);
  };

/** A machine with changes on 300 of its 400 MB that nobody has decided on. */
async function changed(host: Host): Promise<{ before: string; after: string }> {
  const done = doneOn(host);
  await create(host, 'keep');
  await write('first', 1, 0, 200);
  const before = await digest('first');
  await done(host.start('first', null));
  await done(host.powerOff('first', null));
  await write('first', 2, 100, 300);
  return { before, after: await digest('first') };
}

describe.skipIf(!available || !hasQemuImg())('a machine of QEMU', () => {
  test('changes are discarded at once, and committed by merging, with progress', async () => {
    const progress: (number | null)[] = [];
    await using host = await Host.open(hostFolder(), {
      onTask: ({ kind, progress: far }) => {
        if (kind === 'commit') progress.push(far);
      },
    });
    const done = doneOn(host);
    const { before, after } = await changed(host);
    expect(await layersOf('first')).toHaveLength(2);
    // Nothing was copied to go back to: it is the same file.
    const undo = join(hostFolder(), 'machines', 'first', 'undo', 'disk0.overlay');
    expect(statSync(undo).ino).toBe(statSync(overlayOf('first')).ino);
    await host.discardChanges('first', null);
    expect(await digest('first')).toBe(before);
    await done(host.start('first', null));
    await done(host.powerOff('first', null));
    await write('first', 2, 100, 300);
    const task = host.commitChanges('first', null);
    expect(() => host.start('first', null)).toThrow('first is busy');
    await done(task);
    expect(await layersOf('first')).toEqual([overlayOf('first')]);
    expect(await digest('first')).toBe(after);
    expect(progress.filter((far) => far !== null && far > 0 && far < 1).length).toBeGreaterThan(1);
    const states = host.events.search({ kind: 'state', machine: 'first', limit: 9 }).map(({ detail }) => detail);
    expect(states).toContain('merging-disks');
    expect((await host.details('first')).hasChanges).toBe(false);
    await done(host.start('first', null));
    await done(host.powerOff('first', null));
  });

  test.each(['cancelled', 'killed'] as const)('merging that is %s changes nothing, and is done later', async (how) => {
    await using host = await Host.open(hostFolder());
    const { after } = await changed(host);
    const task = host.commitChanges('first', null);
    await expect.poll(merging, { interval: 1 }).not.toEqual([]);
    if (how === 'cancelled') await host.cancel(task.id, null);
    else for (const pid of merging()) process.kill(pid, 'SIGKILL');
    const { state } = await host.tasks.ended(task.id);
    expect(state).toBe(how === 'cancelled' ? 'cancelled' : 'done');
    expect(host.events.search({ kind: 'disks-not-merged', limit: 9 })).toHaveLength(how === 'killed' ? 1 : 0);
    expect(host.list()[0]?.state).toBe('turned-off');
    expect((await host.details('first')).hasChanges).toBe(false);
    expect([(await layersOf('first')).length, await digest('first')]).toEqual([2, after]);
    await host.configure('first', { undo: 'commit' }, null);
    await doneOn(host)(host.start('first', null));
    await doneOn(host)(host.powerOff('first', null));
    expect([(await layersOf('first')).length, await digest('first')]).toEqual([1, after]);
  });

  test('a guest that powers off by itself has its changes merged, if nobody else has what is below', async () => {
    await using host = await Host.open(hostFolder());
    const done = doneOn(host);
    await create(host, 'commit', poweringOffOnButton(0x604));
    await write('first', 1, 0, 10);
    const ends = async (by: 'shutdown' | 'itself' = 'shutdown'): Promise<void> => {
      await done(host.start('first', null));
      await expect.poll(async () => (await host.look('first')).rows?.join(''), WAIT).toContain('>');
      if (by === 'shutdown') await done(host.shutdown('first', 60_000, null));
      else await host.running('first').connection.call(calls.pressPowerButton);
    };
    await ends('itself');
    const own = () => host.tasks.list().filter(({ kind }) => kind === 'merge-disks');
    await expect.poll(() => own().map(({ state, by }) => [state, by]), WAIT).toEqual([['done', null]]);
    expect(await layersOf('first')).toHaveLength(1);
    await done(host.clone('first', 'second', null, { linked: true }));
    await write('first', 2, 0, 20);
    await ends();
    expect(await layersOf('first')).toHaveLength(2);
    // What the other has is as it was, and when it goes there is nothing to keep it for.
    const before = await digest('second');
    await write('first', 3, 0, 20);
    expect(await digest('second')).toBe(before);
    await host.delete('second', null);
    await ends();
    expect(await layersOf('first')).toHaveLength(1);
  });

  test('a disk of many layers is shortened at a start, or the log says why not', async () => {
    await using host = await Host.open(hostFolder());
    const done = doneOn(host);
    await create(host, 'keep');
    await host.configure('first', { undo: null }, null);
    for (let i = 1; i <= 10; i++) {
      await write('first', i, i, 10);
      await done(host.clone('first', `clone${i}`, null, { linked: true }));
    }
    const before = await digest('first');
    const start = async (): Promise<number> => {
      await done(host.start('first', null));
      await done(host.powerOff('first', null));
      expect(await digest('first')).toBe(before);
      return (await layersOf('first')).length;
    };
    expect(await start()).toBeGreaterThanOrEqual(10);
    expect(host.events.search({ kind: 'many-layers', limit: 9 })).toHaveLength(1);
    await done(host.clone('first', 'full', null));
    const last = await digest('clone10');
    for (let i = 1; i <= 9; i++) await host.delete(`clone${i}`, null);
    await start();
    // All of them are those of the last clone as well.
    expect(await digest('clone10')).toBe(last);
    await host.delete('clone10', null);
    expect(await start()).toBeLessThanOrEqual(8);
    await done(host.start('full', null));
    await done(host.powerOff('full', null));
    expect((await layersOf('full')).length).toBeLessThanOrEqual(8);
    expect(await digest('full')).toBe(before);
  });

  test.each(Array.from({ length: 8 }, (_, i) => i * 60))(
    'a daemon that is killed %i ms after a commit: all of it is there, or to be decided on, and the next one goes on',
    async (ms) => {
      const { before, after } = await (async () => {
        await using host = await Host.open(hostFolder());
        return await changed(host);
      })();
      const env = { GUESTWRIGHT_HOST_FOLDER: hostFolder() };
      const daemon = execa(process.execPath, [MAIN, 'serve'], { env, reject: false });
      await new Promise((resolve) => daemon.stdout.once('data', resolve));
      const said: unknown = JSON.parse(readFileSync(join(hostFolder(), 'daemon.json'), 'utf8'));
      const { url, token } = said as { url: string; token: string };
      const call = new HostClient(url, token).call('commitChanges', { params: { name: 'first' } });
      await call;
      await setTimeout(ms);
      daemon.kill('SIGKILL');
      await daemon;
      await expect.poll(merging, WAIT).toEqual([]);
      // A process that is killed has its locks for a moment longer than its name.
      await expect.poll(async () => await digest('first'), WAIT).toBe(after);
      await using host = await Host.open(hostFolder());
      expect(host.list()[0]?.state).toBe('turned-off');
      expect(await digest('first')).toBe(after);
      if ((await host.details('first')).hasChanges) {
        await host.discardChanges('first', null);
        expect(await digest('first')).toBe(before);
        return;
      }
      await host.autostart();
      await expect.poll(async () => (await layersOf('first')).length, WAIT).toBe(1);
      await host.tasks.allEnded();
      expect(await digest('first')).toBe(after);
      for (const layer of await layersOf('first')) {
        // Room that nothing uses (3) is what a kill may leave.
        const { exitCode } = await execa('qemu-img', ['check', layer], { reject: false });
        expect([0, 3]).toContain(exitCode);
      }
      await doneOn(host)(host.start('first', null));
      await doneOn(host)(host.powerOff('first', null));
    },
  );
});
