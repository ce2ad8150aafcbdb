/** A Linux that has a TPM, asked by the commands of its specification (TCG, TPM 2.0 library, part 3). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import type { Machine } from '../../machine/types.js';
import { QemuEngine } from './engine.js';
import { findSwtpm } from './tpm.js';

const probe = await new QemuEngine().probe();
const missing = await findSwtpm().then(
  () => null,
  (error: unknown) => String(error),
);
const reason = probe.available ? missing : probe.missing;
if (reason !== null) console.log(`A TPM is not tested here: ${reason}`);

const SPEC = {
  engine: 'qemu',
  memory: 64,
  network: 'none',
  kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
  tpm: true,
} as const;
const SLOW = { timeout: 300_000 };

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-tpm-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Sends a command; gives the answer's bytes after its header, which has to say that it was carried out. */
async function ask({ shell }: Machine, command: Buffer): Promise<Buffer> {
  const escapes = [...command].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  // The driver takes a command as one write.
  const write = `printf '${escapes}' > /tmp/command; dd if=/tmp/command bs=4096 >&3 2>/dev/null`;
  const script = `exec 3<>/dev/tpm0; ${write}; dd bs=4096 count=1 <&3 2>/dev/null | od -An -v -tx1`;
  const { stdout } = await shell.run(script, SLOW);
  const answer = Buffer.from(stdout.replaceAll(/\s/g, ''), 'hex');
  expect(answer.readUInt32BE(6)).toBe(0);
  return answer.subarray(10);
}

/** TPM2_PCR_Extend of register 16, which nothing else writes to, in the bank of SHA-256. */
async function extend(machine: Machine, byte: number): Promise<void> {
  const password = '40000009' + '0000' + '00' + '0000';
  const body = `0000001000000009${password}00000001000b${byte.toString(16).padStart(2, '0').repeat(32)}`;
  const size = (10 + body.length / 2).toString(16).padStart(8, '0');
  await ask(machine, Buffer.from(`8002${size}00000182${body}`, 'hex'));
}

async function register(machine: Machine): Promise<string> {
  return (await machine.shell.run('cat /sys/class/tpm/tpm0/pcr-sha256/16', SLOW)).stdout.trim();
}

/** How often it has been started, from TPM2_ReadClock: kept without power. */
async function starts(machine: Machine): Promise<number> {
  return (await ask(machine, Buffer.from('80010000000a00000181', 'hex'))).readUInt32BE(16);
}

test.skipIf(reason !== null)(
  'a guest has a TPM 2.0, which goes back with a revert, goes on from a saved state, and keeps over power-off what a TPM keeps',
  async () => {
    const state = join(folder, 'state');
    await using machine = await launch(SPEC);
    await machine.serial.waitFor(/# $/, SLOW);
    const version = await machine.shell.run('cat /sys/class/tpm/tpm0/tpm_version_major', SLOW);
    expect(version.stdout).toBe('2\n');
    expect(await register(machine)).toBe('0'.repeat(64));
    await extend(machine, 0x11);
    const once = await register(machine);
    const snapshot = await machine.snapshot();
    await machine.saveState(state);
    await extend(machine, 0x22);
    const twice = await register(machine);
    expect(new Set([once, twice, '0'.repeat(64)]).size).toBe(3);
    await machine.revert(snapshot);
    expect(await register(machine)).toBe(once);
    // It works on as it did.
    await extend(machine, 0x22);
    expect(await register(machine)).toBe(twice);

    {
      await using other = await launch({ ...SPEC, state });
      expect(await register(other)).toBe(once);
      await extend(other, 0x22);
      expect(await register(other)).toBe(twice);
    }

    const before = await starts(machine);
    await machine.powerOff();
    const off = await machine.snapshot();
    await machine.start();
    await machine.serial.waitFor(/# $/, SLOW);
    expect(await register(machine)).toBe('0'.repeat(64));
    expect(await starts(machine)).toBe(before + 1);
    await machine.powerOff();
    await machine.start();
    await machine.serial.waitFor(/# $/, SLOW);
    expect(await starts(machine)).toBe(before + 2);
    // What it has counted since goes back as well.
    await machine.revert(off);
    await machine.start();
    await machine.serial.waitFor(/# $/, SLOW);
    expect(await starts(machine)).toBe(before + 1);
  },
);
