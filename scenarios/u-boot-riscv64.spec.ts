/** A guest for 64-bit RISC-V that has a serial port and nothing else: OpenSBI, and U-Boot's command line. */
import { expect, test } from 'guestwright';

test('U-Boot for RISC-V has a command line on the serial port', async ({ machine }) => {
  const { serial } = machine;
  const { before } = await serial.waitFor('Hit any key to stop autoboot', { timeout: 120_000 });
  expect(before).toContain('Model: riscv-virtio,qemu');
  expect(before).toContain('DRAM:  128 MiB');
  await serial.write('\r');
  await serial.waitFor(/=> $/, { timeout: 60_000 });

  await serial.write('version\r');
  await serial.waitFor(/U-Boot \d{4}\.\d{2}/);
  await serial.waitFor(/=> $/);
  // Numbers in hexadecimal.
  await serial.write('setexpr sum 2f + 3 && printenv sum\r');
  await serial.waitFor(/^sum=32$/m);
  await serial.waitFor(/=> $/);

  await serial.write('poweroff\r');
  await expect(machine).toBePoweredOff();
});
