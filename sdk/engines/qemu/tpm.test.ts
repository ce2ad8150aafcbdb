/** The process of a TPM: it is there as long as its machine's QEMU, and never longer. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { failureOf } from '../../machine/fake-machine.test.helper.js';
import { launch } from '../../machine/launch.js';
import type { Machine } from '../../machine/types.js';
import { QemuEngine } from './engine.js';
import { findInstallation } from './installation.js';
import { QemuProcess } from './process.js';
import { findSwtpm } from './tpm.js';

const probe = await new QemuEngine().probe();
const swtpm = await findSwtpm().catch(() => null);
const reason = !probe.available
  ? probe.missing
  : swtpm === null
    ? 'swtpm is not installed (npm run setup -- --with tpm)'
    : process.platform === 'linux'
      ? null
      : 'processes are looked up in /proc';
if (reason !== null) console.log(`A TPM is not tested here: ${reason}`);

/** A guard, on a busy host. */
const TIMEOUT = { timeout: 60_000, interval: 20 };

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-tpm-'))));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Processes of a program whose command line names the folder. */
function processesOf(program: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return line.includes(program) && line.includes(folder) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

async function start(): Promise<Machine> {
  const runDirectory = join(folder, 'a, run');
  return await launch({ engine: 'qemu', memory: 16, floppy: null, network: 'none', tpm: true }, { runDirectory });
}

test.skipIf(reason !== null)('it goes with power-off and with the machine, and leaves no file', async () => {
  const machine = await start();
  expect(processesOf('swtpm')).toHaveLength(1);
  await machine.powerOff();
  expect(processesOf('swtpm')).toEqual([]);
  await machine.start();
  expect(processesOf('swtpm')).toHaveLength(1);
  await machine.dispose();
  expect([processesOf(''), readdirSync(folder)]).toEqual([[], []]);
});

test.skipIf(reason !== null)('it goes when QEMU is killed, and the machine says what has happened', async () => {
  await using machine = await start();
  const [pid = 0] = processesOf('qemu-system');
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(processesOf('')).toEqual([]), TIMEOUT);
  await vi.waitFor(() => expect(machine.failure).toMatchObject({ code: 'engine-failed' }), TIMEOUT);
});

test.skipIf(reason !== null)('it goes when QEMU does not start', async () => {
  const { program } = await findInstallation();
  const parts = {
    program,
    folder,
    runId: 'tpm',
    ports: [],
    inherit: null,
    pictures: null,
    memory: null,
    onLine: () => false,
  };
  const starting = QemuProcess.start({ ...parts, swtpm, args: () => ['-no-such-option'] });
  expect((await failureOf(starting)).code).toBe('qemu-start');
  expect(processesOf('')).toEqual([]);
});

test.skipIf(reason !== null)('a swtpm that does not work is named', async () => {
  const { program } = await findInstallation();
  const parts = {
    program,
    folder,
    runId: 'tpm',
    ports: [],
    inherit: null,
    pictures: null,
    memory: null,
    onLine: () => false,
  };
  const control = ['-chardev', 'socket,id=c,fd=5', '-tpmdev', 'emulator,id=t,chardev=c', '-device', 'tpm-tis,tpmdev=t'];
  const args = (): string[] => ['-nodefaults', '-display', 'none', '-S', ...control];
  const starting = QemuProcess.start({ ...parts, swtpm: '/bin/false', args });
  expect((await failureOf(starting)).message).toContain('swtpm: (exit code 1)');
});

test.skipIf(!probe.available)('without swtpm the error says how to install it', async () => {
  await findInstallation();
  vi.stubEnv('PATH', folder);
  const { failure } = await failureOf(launch({ engine: 'qemu', memory: 16, floppy: null, tpm: true }));
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'tpm-missing' });
  expect(failure.next).toContain('npm run setup -- --with tpm');
});
