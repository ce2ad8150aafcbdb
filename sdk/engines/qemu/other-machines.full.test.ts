/** Machines that are no plain PC, each with a guest that tells. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolveFileRef } from '../../images/index.js';
import { launch } from '../../machine/launch.js';
import { QemuEngine } from './engine.js';

const probe = await new QemuEngine().probe();
if (!probe.available) console.log(`QEMU is not tested here: ${probe.missing}; ${probe.install}`);

const LINUX = { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' };
/** Wall ms until there is a shell, on a busy host. */
const BOOT = { timeout: 300_000 };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test.skipIf(!probe.available)('a PC of the architecture i386 has no 64-bit processor, the usual one has', async () => {
  const longMode = async (architecture: 'i386' | 'x86_64'): Promise<string> => {
    await using machine = await launch({ engine: 'qemu', architecture, network: 'none', memory: 64, kernel: LINUX });
    await machine.serial.waitFor(/# $/, BOOT);
    return (await machine.shell.run('grep -cw lm /proc/cpuinfo')).stdout;
  };
  expect(await longMode('x86_64')).toBe('1\n');
  expect(await longMode('i386')).toBe('0\n');
});

test.skipIf(!probe.available)('a PC starts from the network: DHCP, a script over TFTP, then Linux', async () => {
  for (const [name, ref] of [
    ['kernel', LINUX.path],
    ['initrd', LINUX.initrd],
  ] as const) {
    await copyFile((await resolveFileRef(ref)).path, join(folder, name));
  }
  // The network card's ROM is iPXE, which takes scripts as well.
  const script = ['#!ipxe', 'kernel kernel console=ttyS0 quiet over-the-network', 'initrd initrd', 'boot', ''];
  await writeFile(join(folder, 'start.ipxe'), script.join('\n'));
  await using machine = await launch({
    engine: 'qemu',
    memory: 128,
    boot: ['network'],
    network: { access: 'isolated', tftp: { folder, bootFile: 'start.ipxe' } },
  });
  await machine.serial.waitFor(/# $/, BOOT);
  expect((await machine.shell.run('cat /proc/cmdline')).stdout).toContain('over-the-network');
});
