/** Secure boot and a TPM, told by the firmware itself: Debian's refuses to start its own shell, which is not signed. */
import { expect, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import { QemuEngine } from './engine.js';
import { findInstallation } from './installation.js';
import { findSwtpm } from './tpm.js';
import { findUefi } from './uefi.js';

const probe = await new QemuEngine().probe();
const missing = probe.available ? await missingFirmware() : probe.missing;
const swtpm = await findSwtpm().catch(() => null);
if (missing !== null) console.log(`Secure boot is not tested here: ${missing}`);

async function missingFirmware(): Promise<string | null> {
  const { boards, folders } = await findInstallation();
  const wish = { architecture: 'x86_64', board: boards['q35'] ?? '', secureBoot: true } as const;
  return await findUefi(wish, folders).then(
    () => null,
    (error: unknown) => String(error),
  );
}

const SPEC = { engine: 'qemu', firmware: 'uefi', memory: 128, network: 'none', cdrom: null } as const;
const SLOW = { timeout: 300_000 };

test.skipIf(missing !== null)(
  'with secure boot the firmware starts nothing that is not signed, its own shell neither',
  async () => {
    await using machine = await launch({ ...SPEC, secureBoot: true, tpm: swtpm !== null });
    await machine.serial.waitFor(/failed to start \S+ "EFI Internal Shell"[^]*: Security Violation/, SLOW);
    await machine.serial.waitFor('No bootable option or device was found.', SLOW);
  },
);

test.skipIf(missing !== null)('without secure boot the shell starts, and shows that it is off', async () => {
  await using machine = await launch({ ...SPEC, tpm: swtpm !== null });
  await machine.serial.waitFor(/Press ESC in \d+ seconds/, SLOW);
  await machine.serial.write('\x1b');
  await machine.serial.waitFor('Shell> ', SLOW);
  await machine.serial.write('dmpstore SecureBoot\r');
  const { before } = await machine.serial.waitFor(/Shell> $/, SLOW);
  expect(before).toMatch(/EFIGlobalVariable:SecureBoot.*\n +00000000: 00 /);
  // The firmware offers a TPM to who it starts only where it has found one.
  await machine.serial.write('dh -p Tcg2\r');
  const handles = (await machine.serial.waitFor(/Shell> $/, SLOW)).before;
  expect(/^[0-9A-F]+: Tcg2/m.test(handles)).toBe(swtpm !== null);
});
