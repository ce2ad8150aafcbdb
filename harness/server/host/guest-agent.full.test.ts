/** QEMU's own guest agent, Debian's, in a Linux on both engines. */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineNamed } from '../../../sdk/engines/index.js';
import { GuestwrightError } from '../../../sdk/errors.js';
import { writeCpio } from '../../../sdk/images/cpio.js';
import { DebianArchive } from '../../../sdk/images/debian.js';
import { cacheFolder } from '../../../sdk/images/files.js';
import { resolveFileRef } from '../../../sdk/images/index.js';
import { directory, file } from '../../../sdk/images/recipes/guest-system.js';
import { Host } from './host.js';

/** Of Debian for 32-bit PCs, as the guest is: the agent, and what it is linked with. */
const PACKAGES = [
  'qemu-guest-agent',
  ...['libc6', 'libglib2.0-0', 'libpcre2-8-0', 'libudev1', 'liburing2', 'libnuma1'],
];
const LIBRARIES = [
  ...['usr/lib/i386-linux-gnu/libudev.so.1', 'usr/lib/i386-linux-gnu/libnuma.so.1'],
  ...['usr/lib/i386-linux-gnu/liburing.so.2', 'usr/lib/i386-linux-gnu/libpcre2-8.so.0'],
  ...['usr/lib/i386-linux-gnu/libglib-2.0.so.0', 'usr/lib/i386-linux-gnu/libgmodule-2.0.so.0'],
  ...['lib/i386-linux-gnu/libm.so.6', 'lib/i386-linux-gnu/libc.so.6', 'lib/i386-linux-gnu/ld-linux.so.2'],
];

const { available: hasQemu } = await (await engineNamed('qemu')).probe();

let folder = '';
let host: Host;
/** Why the agent cannot be had; null: it can. */
let missing: string | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-agent-'));
  host = await Host.open(join(folder, 'host'));
  try {
    await writeFile(join(folder, 'initrd'), await initrdWithAgent());
  } catch (error) {
    if (!(error instanceof GuestwrightError)) throw error;
    missing = error.message;
  }
}, 300_000);

afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The guest's own system, and a second archive over it, which the kernel unpacks as well. */
async function initrdWithAgent(): Promise<Uint8Array> {
  const root = join(folder, 'packages');
  await mkdir(root);
  const archive = new DebianArchive(cacheFolder(), 'i386', () => undefined);
  const fetched = await archive.fetch(await archive.newest(PACKAGES.map((name) => ({ name }))));
  if (fetched.kind !== 'fetched') throw new Error('the archive changed while it was read');
  for (const deb of fetched.files.values()) await archive.extract(deb, root);
  const read = async (path: string): Promise<Uint8Array> => await readFile(await realpath(join(root, path)));
  const libraries = await Promise.all(
    LIBRARIES.map(async (path) => {
      const name = path.split('/').at(-1) ?? '';
      return file(name.startsWith('ld-') ? `lib/${name}` : `lib/i386-linux-gnu/${name}`, await read(path), 0o755);
    }),
  );
  const agent = writeCpio([
    directory('lib'),
    directory('lib/i386-linux-gnu'),
    ...libraries,
    file('bin/qemu-ga', await read('usr/sbin/qemu-ga'), 0o755),
  ]);
  const system = await readFile((await resolveFileRef('linux-busybox:initrd')).path);
  return Buffer.concat([system, Buffer.alloc(-system.length & 511), agent]);
}

test.for([
  ['v86', true],
  ['qemu', hasQemu],
] as const)(
  'the agent answers, is killed in the guest, and answers again (%s)',
  { timeout: 600_000 },
  async ([engine, available], { skip }) => {
    const why = available ? missing : 'QEMU is not installed';
    if (why !== null) skip(why);
    const { commandLine } = await resolveFileRef('linux-busybox:kernel');
    const name = `linux-${engine}`;
    const kernel = { path: 'linux-busybox:kernel', initrd: join(folder, 'initrd'), commandLine };
    const heartbeat = { port: 1, every: 2, missed: 3 };
    const spec = { engine, kernel, memory: 160, serial: 2 };
    await host.create({ name, spec, settings: { heartbeat } }, null);
    await host.tasks.ended(host.start(name, null).id);
    const enter = async (command: string): Promise<void> =>
      await host.serialWrite(name, 0, Buffer.from(`${command}\n`).toString('base64'), null);
    const said = async (): Promise<string> =>
      Buffer.from((await host.serialSince(name, { port: 0, at: null })).data, 'base64').toString();
    const comeTo = async (...kinds: string[]): Promise<void> =>
      await expect
        .poll(() => host.events.search({ machine: name, text: '"heartbeat', limit: 100 }).map(({ kind }) => kind), {
          timeout: 120_000,
          interval: 200,
        })
        .toEqual(kinds);
    const begin = 'qemu-ga --daemonize -m isa-serial -p /dev/ttyS1 -f /tmp/agent.pid -t /tmp -l /tmp/agent.log';

    await expect.poll(said, { timeout: 120_000, interval: 500 }).toContain('# ');
    expect(host.list().find((one) => one.name === name)?.heartbeat).toBe('none');
    await enter(begin);
    await comeTo('heartbeat');
    // A guest that stands has not stopped.
    await host.pause(name, null);
    await host.resume(name, null);
    await enter('kill -9 $(cat /tmp/agent.pid); rm /tmp/agent.pid');
    await comeTo('heartbeat', 'heartbeat-stopped');
    expect(host.list().find((one) => one.name === name)?.heartbeat).toBe('stopped');
    await enter(begin);
    await comeTo('heartbeat', 'heartbeat-stopped', 'heartbeat');
    await host.tasks.ended(host.powerOff(name, null).id);
  },
);
