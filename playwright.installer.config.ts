import { defineConfig, defineGuests, installedEngines } from 'guestwright';
import type { MachineSpecInput } from 'guestwright';

/**
 * Debian's installer in several languages, with one scenario: `npm run scenarios:debian-installer`. One machine at a time,
 * each takes a minute or two without hardware acceleration.
 */
const installer = {
  kernel: { path: 'debian-installer:kernel', initrd: 'debian-installer:initrd' },
  // With less than 780 it knows only English.
  memory: 1024,
  // All of it is drawn with one font.
  ocr: { languages: [] },
} satisfies MachineSpecInput;

/** With the keyboard layout that the scenario chooses, and types in from then on. */
const layouts = { 'en-GB': 'uk', 'de-AT': 'de' } as const;

const guests = defineGuests({
  engines: installedEngines(['qemu']),
  guests: { 'debian-installer': { spec: installer, scenarios: 'debian-installer.spec.ts' } },
});

export default defineConfig({
  build: { external: ['**/dist/**'] },
  workers: 1,
  projects: guests.flatMap((project) =>
    Object.entries(layouts).map(([locale, layout]) => ({
      ...project,
      name: `${locale}:${project.name}`,
      use: { ...project.use, locale, machineSpec: { layout } },
    })),
  ),
});
