/** What live thumbnails cost: the processor time of a daemon and its machines with a page open, less that without. */
import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { echoingGuest } from '../../harness/e2e/tiny-guests.js';
import { HostClient } from '../../harness/server/api/client.js';
import { readReach } from '../../harness/server/host/default-folder.js';
import { useOf } from '../../harness/server/host/process-use.js';
import { median, type Figures } from '../figures.js';

const MAIN = fileURLToPath(new URL('../../harness/cli/main.js', import.meta.url));
const MACHINES = { v86: 20, qemu: 4 } as const;
/** As the page does it, wall ms. */
const EVERY_MS = 2000;
const WIDTH = 320;
/**
 * Wall ms of each stretch, and how many with and without the page there are, by turns: a host is never quite idle, and what
 * the machines take by themselves is many times what is measured. The middle difference counts.
 */
const STRETCH_MS = 10_000;
const STRETCHES = 7;
/** Share of a processor. */
const MOST = 0.05;

export async function measureThumbnails(note: (line: string) => void): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-thumbnails-'));
  await writeFile(join(folder, 'idle.img'), echoingGuest());
  const home = join(folder, 'host');
  const daemon = execa(process.execPath, [MAIN, 'serve', '--folder', home], { reject: false });
  try {
    await new Promise((resolve) => daemon.stdout.once('data', resolve));
    const { url, token } = (await readReach(home)) ?? { url: '', token: '' };
    const client = new HostClient(url, token);
    const names = await startMachines(client, join(folder, 'idle.img'));
    note(`${names.length} machines run`);
    const pid = daemon.pid ?? 0;
    const differences: number[] = [];
    for (let stretch = 0; stretch < STRETCHES; stretch++) {
      const off = await shareDuring(pid, async () => await setTimeout(STRETCH_MS));
      const on = await shareDuring(pid, async () => await lookAt(client, names));
      note(`with the page ${on.toFixed(3)}, without ${off.toFixed(3)} of a processor`);
      differences.push(on - off);
    }
    const value = median(differences);
    return { 'console.thumbnails': { value, unit: 'of a core', baseline: MOST, ratio: MOST / value } };
  } finally {
    daemon.kill('SIGTERM');
    await daemon;
    await rm(folder, { recursive: true, force: true });
  }
}

async function startMachines(client: HostClient, floppy: string): Promise<string[]> {
  const names: string[] = [];
  for (const engine of ['v86', 'qemu'] as const) {
    for (let i = 0; i < MACHINES[engine]; i++) {
      const name = `${engine}-${i}`;
      const settings = { onQuit: 'power-off' as const };
      await client.call('createMachine', { body: { name, spec: { engine, floppy, memory: 8 }, settings } });
      await client.finish(await client.call('startMachine', { params: { name } }));
      names.push(name);
    }
  }
  return names;
}

/** Processor seconds a second, of the daemon and all that it has started. */
async function shareDuring(daemon: number, work: () => Promise<void>): Promise<number> {
  const [before, start] = [secondsOf(daemon), performance.now()];
  await work();
  return (secondsOf(daemon) - before) / ((performance.now() - start) / 1000);
}

function secondsOf(daemon: number): number {
  const use = useOf(daemon);
  if (use === null) throw new Error('only Linux says what a process has used');
  return use.cpuSeconds;
}

/** As a page with all of them in view. */
async function lookAt(client: HostClient, names: readonly string[]): Promise<void> {
  const until = performance.now() + STRETCH_MS;
  await Promise.all(
    names.map(async (name) => {
      let unless: string | undefined;
      while (performance.now() < until) {
        const query = { width: WIDTH, ...(unless === undefined ? {} : { unless }) };
        unless = (await client.call('thumbnail', { params: { name }, query })).seen;
        await setTimeout(EVERY_MS);
      }
    }),
  );
}
