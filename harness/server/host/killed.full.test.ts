/** A daemon that is killed at any moment: what is on its host afterwards is whole, and what is said of it is true. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootCounter, diskWith, typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { engineNamed } from '../../../sdk/engines/index.js';
import { lockHolder } from '../../../sdk/lock.js';
import { HostClient, type HostTask } from '../api/client.js';
import { Host } from './host.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** Kills; `GUESTWRIGHT_TEST_KILLS=100` for more of them. */
const ROUNDS = Number(process.env['GUESTWRIGHT_TEST_KILLS'] ?? 20);
const { available } = await (await engineNamed('qemu')).probe();

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-killed-'));
  writeFileSync(join(folder, 'typewriter.img'), typewriter());
  writeFileSync(join(folder, 'counter.img'), diskWith(bootCounter()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 0 to 1, the same in every run. */
function random(seed: number): number {
  const x = Math.sin(seed * 78.233) * 43758.5453;
  return x - Math.floor(x);
}

/** Does one thing after the other with two machines until the daemon is gone. */
async function keepBusy(client: HostClient, engine: string, seed: number): Promise<void> {
  const names = ['one', 'two'] as const;
  const typing = { engine, floppy: join(folder, 'typewriter.img'), memory: 8, disks: [{ sizeMb: 1 }] };
  // Each start writes to its disk.
  const writing = { engine, memory: 8, disks: [{ path: join(folder, 'counter.img') }], boot: ['disk'] };
  const finish = async (task: Promise<HostTask>): Promise<void> => await client.finish(await task);
  for (let step = 0; ; step++) {
    const name = names[step % 2] ?? 'one';
    const params = { name };
    const choice = Math.floor(random(seed + step) * 9);
    // What this one wrote is committed to its disks at each power-off.
    const settings = name === 'two' ? { undo: 'commit' as const } : {};
    const spec = name === 'two' ? writing : typing;
    try {
      if (choice === 0) await client.call('deleteMachine', { params });
      if (choice === 1) await finish(client.call('takeSnapshot', { params, body: { name: `s${step}` } }));
      if (choice === 2) await finish(client.call('saveMachine', { params }));
      if (choice === 3) await finish(client.call('powerOffMachine', { params }));
      if (choice === 4) await client.call('handle', { params, body: { kind: 'type', text: 'x' } });
      if (choice === 5) await finish(client.call('cloneMachine', { params, body: { to: `clone${step}` } }));
      if (choice === 8) {
        await finish(client.call('powerOffMachine', { params })).catch(() => undefined);
        await finish(client.call('cloneMachine', { params, body: { to: `linked${step}`, linked: true } }));
      }
      if (choice === 6) await fork(client, name, `fork${step}`);
      if (choice === 7) {
        const { snapshots } = await client.call('describeMachine', { params });
        const [snapshot] = snapshots;
        if (snapshot !== undefined) {
          await client.call('removeSnapshot', { params: { name, snapshot: snapshot.id } });
        }
      }
      await client.call('createMachine', { body: { name, spec, settings } }).catch(() => undefined);
      await finish(client.call('startMachine', { params }));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'host-unreachable' || code === 'host-answer-invalid') return;
      // Refused: it runs, or it does not, or it is not there.
      await client.call('createMachine', { body: { name, spec, settings } }).catch(() => undefined);
    }
  }
}

/** Another machine, from the first snapshot if there is one. */
async function fork(client: HostClient, name: string, to: string): Promise<void> {
  const { snapshots } = await client.call('describeMachine', { params: { name } });
  const snapshot = snapshots[0]?.id;
  if (snapshot === undefined) return;
  await client.finish(await client.call('cloneMachine', { params: { name }, body: { to, snapshot } }));
}

/** Machines' processes and emulators of a host. */
function processes(path: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const text = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      const isMachine = text.includes('qemu-system') || text.includes('server/process/main.js');
      return isMachine && text.includes(`${path}/`) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

const WAIT = { timeout: 60_000 };

/** Of a machine: what is said of it is so. What was being done with it when the daemon was killed goes on to its end. */
async function expectTrue(host: Host, name: string): Promise<void> {
  await expect
    .poll(async () => {
      const { state, folder: at } = await host.details(name);
      const held = (await lockHolder(join(at, 'lease'))) !== null;
      if (state === 'turned-off' || state === 'saved') return held ? `${state}, but held` : 'true';
      return held && (state === 'running' || state === 'paused') ? 'true' : `${state}, held: ${held}`;
    }, WAIT)
    .toBe('true');
  const { folder: at, snapshots, state } = await host.details(name);
  for (const { id } of snapshots) expect(existsSync(join(at, 'snapshots', `${id}.state`))).toBe(true);
  if (state === 'saved') expect(existsSync(join(at, 'saved.state'))).toBe(true);
}

/** Whole is what starts, shows its screen, and can be ended and deleted. */
async function useUp(host: Host, name: string): Promise<string> {
  try {
    const { state } = await host.details(name);
    const finish = async ({ id }: { id: string }): Promise<void> => {
      const { failure } = await host.tasks.ended(id);
      if (failure !== null) throw new Error(failure.message);
    };
    if (state === 'turned-off' || state === 'saved') await finish(host.start(name, null));
    expect((await host.look(name)).width).toBeGreaterThan(0);
    // What is on the disk of one that counts its starts is whole when that boots, and counts.
    if ((await host.details(name)).config.spec['boot'] !== undefined) {
      await expect.poll(async () => (await host.look(name)).rows?.join(''), WAIT).toMatch(/#[A-Z]/);
    }
    await finish(host.powerOff(name, null));
    await host.delete(name, null);
    return 'done';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is on a host that was killed, as the next one finds it. */
async function check(path: string): Promise<void> {
  await using host = await Host.open(path);
  expect(host.events.search({ kind: 'unreadable', limit: 10 })).toEqual([]);
  expect(readdirSync(join(path, 'machines')).filter((name) => name.startsWith('.'))).toEqual([]);
  for (const { name } of host.list()) {
    await expectTrue(host, name);
    // A call that was on its way may still end it once.
    await expect.poll(async () => await useUp(host, name), WAIT).toBe('done');
  }
  expect(host.list()).toEqual([]);
}

const engines = ['v86', ...(available ? ['qemu'] : [])];

test.each(Array.from({ length: ROUNDS }, (_, i) => [i, engines[i % engines.length] ?? 'v86'] as const))(
  'round %i, with %s',
  async (round, engine) => {
    const path = join(folder, `host${round}`);
    const env = { GUESTWRIGHT_HOST_FOLDER: path };
    const daemon = execa(process.execPath, [MAIN, 'serve'], { env, reject: false });
    await new Promise((resolve) => daemon.stdout.once('data', resolve));
    const { url, token } = JSON.parse(readFileSync(join(path, 'daemon.json'), 'utf8')) as {
      url: string;
      token: string;
    };
    const busy = keepBusy(new HostClient(url, token), engine, round * 1000);
    // The moment is by chance, nothing is waited for.
    await new Promise((resolve) => setTimeout(resolve, 500 + random(round) * 6000));
    daemon.kill('SIGKILL');
    await daemon;
    await busy;
    try {
      await check(path);
      await expect.poll(() => processes(path), WAIT).toEqual([]);
    } finally {
      for (const pid of processes(path)) process.kill(pid, 'SIGKILL');
    }
  },
);
