import { defineConfig, defineGuests } from 'guestwright';

/** Power-cut sweeps: a hundred forks each, which takes some minutes. */
export default defineConfig({
  build: { external: ['**/dist/**'] },
  // A sweep keeps all processors busy by itself.
  workers: 1,
  projects: defineGuests({
    guests: {
      'power-cuts': {
        spec: { cdrom: 'linux-installer:cdrom', memory: 128, disks: [{ sizeMb: 16 }] },
        scenarios: 'power-cuts.spec.ts',
      },
    },
  }),
});
