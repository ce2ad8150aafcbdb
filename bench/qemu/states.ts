/** Saving, reverting and forking a guest of 512 MB, half of which it has written to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../../sdk/machine/launch.js';
import { median, type Figures } from '../figures.js';
import { wallMs } from '../v86/run.js';
import { LINUX, plainArguments, plainLinux } from './guest.js';
import { PlainQemu } from './plain.js';

const MEMORY_MB = 512;
const TOUCH =
  'mkdir -p /t; mount -t tmpfs -o size=400m none /t; dd if=/dev/urandom of=/t/f bs=1M count=256 2>/dev/null';
const ROUNDS = 5;
const FORKS = 2;

type Times = Record<'save' | 'revert' | 'fork', number>;

export async function measureStates(note: (line: string) => void): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-'));
  try {
    const [ours, plain] = [await measureOurs(folder), await measurePlain(folder)];
    const figures: Figures = {};
    for (const what of ['save', 'revert', 'fork'] as const) {
      const [value, baseline] = [median(ours.map((t) => t[what])), median(plain.map((t) => t[what]))];
      note(`${what} of ${MEMORY_MB} MB: ${value.toFixed(0)} ms, directly ${baseline.toFixed(0)} ms`);
      figures[`qemu.${what}`] = { value, unit: 'ms', baseline, ratio: baseline / value };
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureOurs(folder: string): Promise<Times[]> {
  const spec = { ...LINUX, memory: MEMORY_MB };
  await using machine = await launch(spec);
  await machine.shell.run(TOUCH, { timeout: 120_000 });
  const times: Times[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    let snapshot = await machine.snapshot();
    const save = await wallMs(async () => (snapshot = await machine.snapshot()));
    const revert = await wallMs(() => machine.revert(snapshot));
    const state = join(folder, `ours${i}`);
    await machine.saveState(state);
    let forks: Awaited<ReturnType<typeof launch>>[] = [];
    const fork = await wallMs(async () => {
      forks = await Promise.all(Array.from({ length: FORKS }, () => launch({ ...spec, state })));
    });
    await Promise.all(forks.map((one) => one.dispose()));
    await rm(state);
    times.push({ save, revert, fork });
  }
  return times;
}

async function measurePlain(folder: string): Promise<Times[]> {
  const plain = await plainLinux(MEMORY_MB);
  try {
    await plain.say(`${TOUCH}; echo "E""ND"\n`, 'END');
    const times: Times[] = [];
    for (let i = 0; i < ROUNDS; i++) times.push(await measureOnePlain(plain, join(folder, `plain${i}`)));
    return times;
  } finally {
    await plain.end();
  }
}

async function measureOnePlain(plain: PlainQemu, file: string): Promise<Times> {
  const args = await plainArguments(MEMORY_MB);
  const resumed: PlainQemu[] = [];
  const resume = async (): Promise<void> => {
    const fresh = await PlainQemu.start([...args, '-incoming', 'defer']);
    resumed.push(fresh);
    await fresh.incoming(file);
    await fresh.command('cont');
  };
  try {
    const save = await wallMs(async () => {
      await plain.command('stop');
      await plain.migrate(file);
      await plain.command('cont');
    });
    const revert = await wallMs(resume);
    await resumed.pop()?.end();
    const fork = await wallMs(() => Promise.all(Array.from({ length: FORKS }, resume)));
    return { save, revert, fork };
  } finally {
    for (const one of resumed) await one.end();
    await rm(file, { force: true });
  }
}
