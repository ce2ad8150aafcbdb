/** A host whose file system is full: its machines lose nothing, and it says so. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writing } from '../../../sdk/engines/conformance/boot-sector.js';
import { engineNamed } from '../../../sdk/engines/index.js';
import { lockReleased } from '../../../sdk/lock.js';
import { smallDisk } from '../../../sdk/snapshots/store.test.helper.js';
import { Hooks } from './hooks/hooks.js';
import { Host } from './host.js';

const { available: hasQemu } = await (await engineNamed('qemu')).probe();
/** Mounting is root's. */
const mayMount = process.getuid?.() === 0;
/** PM1a_CNT of v86. */
const V86_POWER = 0xb004;
const NAME = 'writer';

let folder = '';
let disk: NonNullable<Awaited<ReturnType<typeof smallDisk>>>;
let host: Host;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-full-'));
  const small = await smallDisk(join(folder, 'small'), 10);
  if (small === null) throw new Error('no file system could be mounted');
  disk = small;
  await writeFile(join(folder, 'writer.img'), writing(V86_POWER));
  host = await Host.open(join(folder, 'small', 'host'));
});

afterEach(async () => {
  await disk.enlarge(100);
  for (const { name, state } of host.list()) {
    if (state !== 'turned-off' && state !== 'saved') await host.tasks.ended(host.powerOff(name, null).id);
  }
  await lockReleased(join(host.folder, 'machines', NAME, 'lease'));
  await host[Symbol.asyncDispose]();
  await disk[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function start(engine: 'v86' | 'qemu'): Promise<void> {
  const spec = { engine, floppy: join(folder, 'writer.img'), memory: 16, disks: [{ sizeMb: 32 }] };
  await host.create({ name: NAME, spec }, null);
  expect(await ended(host.start(NAME, null))).toBeNull();
  await shows('READY');
}

/** Null: it was done. */
async function ended({ id }: { id: string }): Promise<string | null> {
  const { failure } = await host.tasks.ended(id);
  return failure === null ? null : `${failure.kind}/${failure.code}`;
}

const shows = async (text: string): Promise<void> =>
  await expect.poll(async () => (await host.look(NAME)).rows?.join('\n'), { timeout: 60_000 }).toContain(text);
const press = async (chord: string): Promise<void> => await host.handle(NAME, { kind: 'press', chord });
const state = (): string | undefined => host.list()[0]?.state;
const told = (): (string | null)[] => host.events.search({ kind: 'disk-full', limit: 100 }).map(({ detail }) => detail);

test.skipIf(!mayMount || !hasQemu)(
  'a machine of QEMU stands before a write that finds no room, hooks are told, and it goes on',
  async () => {
    const out = join(folder, 'out');
    const hook = { name: 'tell', on: ['disk-full'], program: '/bin/sh', arguments: ['-c', `cat >> ${out}`] };
    const hooksFile = join(host.folder, 'hooks.json');
    await writeFile(hooksFile, JSON.stringify({ version: 1, hooks: [hook] }), { mode: 0o600 });
    await using hooks = await Hooks.open(host.folder, host.events);
    await start('qemu');
    for (const dots of ['.', '..']) {
      await press('a');
      await shows(`READY${dots}`);
    }
    await press('a');
    await expect.poll(state, { timeout: 60_000 }).toBe('paused');
    expect(told()).toEqual([
      expect.stringMatching(
        /^disk 0 \(disks\/disk0\.overlay\): No space left on device; .*\/small has \d\.\d MB free of 10 MB$/,
      ),
    ]);
    expect(host.list()[0]?.detail).toBe(told()[0]);
    await expect.poll(() => existsSync(out) && readFileSync(out, 'utf8'), { timeout: 60_000 }).toContain('disk-full');
    // Still no room: it stands again, at the same write.
    await host.resume(NAME, null);
    await expect.poll(() => told().length, { timeout: 60_000 }).toBe(2);
    await expect.poll(state, { timeout: 60_000 }).toBe('paused');
    await disk.enlarge(60);
    await host.resume(NAME, null);
    await shows('READY...');
    expect(state()).toBe('running');
    expect((await host.look(NAME)).rows?.join('\n')).not.toContain('E ');
    expect(hooks).toBeDefined();
  },
);

test.skipIf(!mayMount)(
  'a machine of v86 whose disks find no room is as it was, and is saved or ended later',
  async () => {
    await start('v86');
    for (const dots of ['.', '..', '...']) {
      await press('a');
      await shows(`READY${dots}`);
    }
    expect(await ended(host.powerOff(NAME, null))).toBe('infrastructure/disk-full');
    expect(state()).toBe('running');
    expect(await ended(host.saveState(NAME, null))).toBe('infrastructure/disk-full');
    expect(state()).toBe('running');
    expect(await ended(host.snapshot(NAME, 'one', null))).toBe('infrastructure/disk-full');
    expect(told()).toEqual(
      Array.from({ length: 3 }, (): unknown => expect.stringMatching(/\/small has .* free of 10 MB/)),
    );
    expect(told()[0]).toContain('disk0.overlay');
    await press('a');
    await shows('READY....');
    await press('q');
    await expect.poll(() => host.list()[0]?.detail, { timeout: 60_000 }).toContain('It is off');
    await disk.enlarge(100);
    await expect.poll(state, { timeout: 60_000 }).toBe('turned-off');
    expect(statSync(join(host.folder, 'machines', NAME, 'disks', 'disk0.overlay')).size).toBeGreaterThan(16 << 20);
  },
);
