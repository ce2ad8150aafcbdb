import { defineConfig, defineGuests, installedEngines } from 'guestwright';

/** Guests on other computers than the plain PC: a minute or two each, which is too long for every change. */
export default defineConfig({
  // Without any of these computers here there is nothing to run.
  testMatch: [],
  build: { external: ['**/dist/**'] },
  workers: 1,
  projects: defineGuests({
    guests: {
      'uefi-shell': {
        spec: { firmware: 'uefi', memory: 256, network: 'none' },
        scenarios: 'uefi-shell.spec.ts',
        engines: installedEngines(['qemu']),
      },
      'linux-aarch64': {
        spec: {
          architecture: 'aarch64',
          smp: 2,
          memory: 256,
          kernel: { path: 'linux-aarch64:kernel', initrd: 'linux-aarch64:initrd' },
          cdrom: 'grub-rescue:cdrom',
          disks: [{ sizeMb: 8 }, { sizeMb: 9, bus: 'scsi' }, { sizeMb: 10, bus: 'nvme' }],
        },
        scenarios: 'linux-aarch64.spec.ts',
        engines: installedEngines(['qemu'], { architecture: 'aarch64' }),
      },
      'u-boot-riscv64': {
        spec: { architecture: 'riscv64', memory: 128, network: 'none', kernel: { path: 'u-boot-riscv64:kernel' } },
        scenarios: 'u-boot-riscv64.spec.ts',
        engines: installedEngines(['qemu'], { architecture: 'riscv64' }),
      },
    },
  }),
});
