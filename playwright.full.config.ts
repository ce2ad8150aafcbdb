import { defineConfig, defineGuests, installedEngines } from 'guestwright';
import type { MachineSpecInput } from 'guestwright';

/**
 * Scenarios that take long: `npm run scenarios:install` installs Debian by BIOS and by UEFI, `npm run test:full` by UEFI.
 * Two machines at a time: an installation keeps little more than one processor busy.
 */
const computer = { memory: 2048, smp: 2, network: 'none' } satisfies MachineSpecInput;
// The medium is only started as long as there is nothing on the disk to start.
const installer = {
  ...computer,
  cdrom: 'debian-live-installer:cdrom',
  disks: [{ sizeMb: 3072, bus: 'virtio' }],
  boot: ['disk', 'cdrom'],
} satisfies MachineSpecInput;

const engines = installedEngines(['qemu']);
const guests = {
  'debian-bios': { spec: installer, engines, scenarios: 'install-debian.spec.ts' },
  'debian-uefi': { spec: { ...installer, firmware: 'uefi' }, engines, scenarios: 'install-debian.spec.ts' },
} as const;

const installs = defineGuests({ guests });

export default defineConfig({
  build: { external: ['**/dist/**'] },
  workers: 2,
  projects: installs.flatMap((project) => [
    { ...project, name: `install:${project.name}` },
    // What was installed, started again: each of its scenarios has a machine of its own.
    {
      ...project,
      name: `installed:${project.name}`,
      testMatch: 'installed-debian.spec.ts',
      dependencies: [`install:${project.name}`],
    },
  ]),
});
