/** Many launches in a row, some of whose owners are killed somewhere on the way. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { launch } from '../../machine/launch.js';
import { typewriter } from '../conformance/boot-sector.js';
import { QemuEngine } from './engine.js';

const OWNER = fileURLToPath(new URL('./launches.full.test.process.js', import.meta.url));
const DISPOSED = 140;
const KILLED = 60;
/** An owner has launched and disposed its first machine by then, mostly. */
const KILL_WITHIN_MS = 2_500;

const { available } = await new QemuEngine().probe();
const testable = available && process.platform === 'linux';

let folder: string;
let image: string;
let before: string | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-launches-'));
  image = join(folder, 'guest.img');
  writeFileSync(image, typewriter());
  await mkdir(join(folder, 'tmp'));
  before = process.env['TMPDIR'];
  // Everything that a machine makes is under here, and is looked for here.
  process.env['TMPDIR'] = join(folder, 'tmp');
});
afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(folder, { recursive: true, force: true });
});

function processes(): string[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return /^\d+$/.test(name) && commandLine.includes('qemu-system') && commandLine.includes(folder) ? [name] : [];
    } catch {
      return [];
    }
  });
}

const files = (): string[] => readdirSync(join(folder, 'tmp'), { recursive: true }) as string[];

/** 0 to 1, the same in every run. */
function random(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return x - Math.floor(x);
}

test.skipIf(!testable)(`${DISPOSED} machines, launched and disposed, leave no process and no file`, async () => {
  for (let i = 0; i < DISPOSED; i += 2) {
    const machines = await Promise.all([0, 1].map(() => launch({ engine: 'qemu', floppy: image, memory: 8 })));
    expect(processes()).toHaveLength(2);
    await Promise.all(machines.map((machine) => machine.dispose()));
    expect([processes(), files()]).toEqual([[], []]);
  }
});

test.skipIf(!testable)(`${KILLED} owners, killed at any moment, leave none either`, async () => {
  let launched = 0;
  for (let i = 0; i < KILLED; i++) {
    const owner = execa(process.execPath, [OWNER, image, '100'], { reject: false });
    owner.stdout.on('data', () => launched++);
    await new Promise((resolve) => setTimeout(resolve, random(i) * KILL_WITHIN_MS));
    owner.kill('SIGKILL');
    await owner;
    await vi.waitFor(() => expect(processes()).toEqual([]), { timeout: 10_000, interval: 20 });
  }
  // Killed before and after, not always at the same place.
  expect(launched).toBeGreaterThan(KILLED / 4);
  // What a killed owner had no time to hand to its watchdog is removed by the next launch of anybody.
  await execa(process.execPath, [OWNER, image]);
  await vi.waitFor(() => expect(files()).toEqual([]), { timeout: 10_000, interval: 20 });
});
