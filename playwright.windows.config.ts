import { defineConfig, defineGuests, installedEngines } from 'guestwright';
import type { MachineSpecInput } from 'guestwright';

/** Windows, from an installation medium of your own: see `docs/windows.md`. */
const medium = process.env['GUESTWRIGHT_WINDOWS_ISO'];

// What the medium has drivers for: a disk on NVMe, and no network, so that the set-up asks for a local account.
const computer = {
  firmware: 'uefi',
  // What Windows 11 asks for: Debian's packages ovmf and swtpm.
  secureBoot: true,
  tpm: true,
  smp: 2,
  memory: 4096,
  disks: [{ sizeMb: 64 * 1024, bus: 'nvme' }],
  network: 'none',
  ...(medium === undefined ? {} : { cdrom: medium, boot: ['disk', 'cdrom'] }),
} satisfies MachineSpecInput;

export default defineConfig({
  build: { external: ['**/dist/**'] },
  workers: 1,
  projects: defineGuests({
    guests: {
      windows: { spec: computer, engines: installedEngines(['qemu']), scenarios: 'install-windows.spec.ts' },
    },
  }),
});
