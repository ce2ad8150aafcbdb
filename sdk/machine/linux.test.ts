/** Linux on the engine, where it once went wrong. */
import { expect, test } from 'vitest';
import { resolveFileRef } from '../images/index.js';
import { launch } from './launch.js';

test('Linux keeps its PCI devices and their disks with ACPI on, and `vga=` gives a framebuffer', async () => {
  const { commandLine = '' } = await resolveFileRef('linux-busybox:kernel');
  await using machine = await launch({
    kernel: {
      path: 'linux-busybox:kernel',
      initrd: 'linux-busybox:initrd',
      // The image works around what v86 once made Linux believe: that its devices had been pulled out.
      commandLine: `${commandLine.replace('acpiphp.disable=1', '')} vga=0x311`,
    },
    memory: 128,
    disks: [{ sizeMb: 8 }],
  });
  const devices = await machine.shell.run('ls /sys/bus/pci/devices | wc -w; ls /dev/sda', { timeout: 60_000 });
  expect(devices.stdout).toMatch(/^([2-9]|\d\d)\n\/dev\/sda\n$/);
  const frame = await machine.screen.frame();
  expect([frame.width, frame.height, frame.content.kind]).toEqual([640, 480, 'graphic']);
  expect(new Set(frame.rgba.filter((_, i) => i % 4 === 0)).size).toBeGreaterThan(1);
});
