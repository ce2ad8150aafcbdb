import { defineConfig, defineGuests, installedEngines } from 'guestwright';

/** This repository's own scenarios, which are also the best documentation of the API. */
export default defineConfig({
  // The compiled package, not a part of the scenarios: as it would be in a user's node_modules.
  build: { external: ['**/dist/**'] },
  // `npm run bench -- report` measures what videos cost.
  use: { video: process.env['GUESTWRIGHT_VIDEO'] === 'on' ? 'on' : 'off' },
  projects: defineGuests({
    // The same goldens on both engines. What needs QEMU runs where it is installed; nothing else here does.
    engines: installedEngines(['v86', 'qemu']),
    guests: {
      // First, because it takes longest: the other worker gets through the rest meanwhile.
      'linux-installer': {
        // What is installed has no shell on the serial port, only a login: the shell is where the scenario logs in.
        spec: { cdrom: 'linux-installer:cdrom', memory: 128, disks: [{ sizeMb: 64 }], shell: { on: 'screen' } },
        scenarios: 'install-linux.spec.ts',
      },
      'grub-rescue': {
        spec: { floppy: 'grub-rescue:floppy', memory: 32 },
        scenarios: 'grub-rescue.spec.ts',
      },
      'grub-graphic': {
        // From the CD: the floppy has no room for a font.
        spec: { cdrom: 'grub-rescue:cdrom', memory: 32 },
        scenarios: 'graphic-mode.spec.ts',
      },
      linux: {
        spec: { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: 128 },
        scenarios: 'linux-console.spec.ts',
      },
    },
  }),
});
