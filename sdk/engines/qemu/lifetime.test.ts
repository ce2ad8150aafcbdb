import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import { processExists } from '../../lock.js';
import { typewriter } from '../conformance/boot-sector.js';
import { hardware } from '../conformance/suite.js';
import type { EngineEvent, EngineMachine } from '../engine.js';
import { QemuEngine } from './engine.js';
import { findInstallation } from './installation.js';
import { QemuProcess } from './process.js';

const OWNER = fileURLToPath(new URL('./lifetime.test.process.js', import.meta.url));
const STARTING = fileURLToPath(new URL('./starting.test.process.js', import.meta.url));
/** A guard: the watchdog acts within milliseconds. */
const TIMEOUT = { timeout: 120_000, interval: 20 };

const engine = new QemuEngine();
const probe = await engine.probe();
// Processes are told by their command line, which only Linux shows in files.
const reason = !probe.available
  ? probe.missing
  : process.platform === 'linux'
    ? null
    : 'processes are looked up in /proc';
if (reason !== null) console.log(`The lifetime of QEMU's machines is not tested here: ${reason}`);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-lifetime-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Processes whose command line names the folder. */
function processesIn(path: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return commandLine.includes('qemu-system') && commandLine.includes(path) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

async function start(): Promise<EngineMachine> {
  const context = { runDirectory: join(folder, 'run'), runId: 'lifetime', guardMs: 60_000 };
  return await engine.start(hardware(typewriter(), { clock: 'free' }), context);
}

test.skipIf(reason !== null)('a machine whose owner is killed leaves no process and no file', async () => {
  const run = join(folder, 'run');
  const owner = execa(process.execPath, [OWNER, run], { reject: false, stderr: 'inherit' });
  await new Promise((resolve) => owner.stdout.once('data', resolve));
  expect(processesIn(run)).toHaveLength(1);
  expect(readdirSync(folder).sort()).toEqual(['pipe.in', 'pipe.out', 'run', 'socket']);
  owner.kill('SIGKILL');
  await owner;
  await vi.waitFor(() => {
    expect([processesIn(run), existsSync(join(run, 'qemu'))]).toEqual([[], false]);
    expect(readdirSync(folder).filter((name) => name !== 'run')).toEqual([]);
  }, TIMEOUT);
});

test.skipIf(reason !== null)('an owner that is killed while it starts a process leaves none', async () => {
  const run = join(folder, 'run', 'qemu');
  const program = 'setInterval(() => undefined, 1000)';
  const { stdout } = await execa(process.execPath, [STARTING, run, program], { reject: false });
  expect(Number(stdout)).toBeGreaterThan(0);
  await vi.waitFor(() => expect([processExists(Number(stdout)), existsSync(run)]).toEqual([false, false]), TIMEOUT);
});

test.skipIf(reason !== null)('a machine that is disposed leaves no process and no file', async () => {
  const machine = await start();
  expect(processesIn(folder)).toHaveLength(1);
  // The sockets are gone as soon as they are connected.
  expect(readdirSync(join(folder, 'run', 'qemu')).sort()).toEqual([
    expect.stringMatching(/^floppy0-.*\.0\.qcow2$/),
    expect.stringMatching(/^floppy0-.*\.base$/),
    // Where the host has no place for it in memory.
    ...(existsSync('/dev/shm') ? [] : ['screen.ppm']),
  ]);
  await machine[Symbol.asyncDispose]();
  expect([processesIn(folder), readdirSync(folder)]).toEqual([[], []]);
});

test.skipIf(reason !== null)('a QEMU that is killed is an infrastructure failure that says how it ended', async () => {
  await using machine = await start();
  const events: EngineEvent[] = [];
  machine.onEvent((event) => events.push(event));
  const waiting = machine.advance({ limit: 600_000, stopOn: ['screen', 'serial'] });
  const [pid = 0] = processesIn(folder);
  process.kill(pid, 'SIGKILL');
  const error: unknown = await (async () => {
    for (;;) await (await waiting, machine.advance({ limit: 600_000, stopOn: [] }));
  })().catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(GuestwrightError);
  expect((error as GuestwrightError).failure).toMatchObject({ kind: 'infrastructure', code: 'engine-failed' });
  expect((error as GuestwrightError).message).toContain('SIGKILL');
  expect(events.map(({ kind }) => kind)).toContain('failed');
});

test.skipIf(reason !== null)('a QEMU that does not start says why', async () => {
  const { program } = await findInstallation();
  const parts = {
    program,
    folder,
    runId: 'lifetime',
    ports: [],
    inherit: null,
    pictures: null,
    memory: null,
    swtpm: null,
    onLine: () => false,
  };
  const error: unknown = await QemuProcess.start({ ...parts, args: () => ['-no-such-option'] }).catch(
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(GuestwrightError);
  expect((error as GuestwrightError).failure).toMatchObject({ kind: 'infrastructure', code: 'qemu-start' });
  expect((error as GuestwrightError).message).toContain('-no-such-option: invalid option');
});
