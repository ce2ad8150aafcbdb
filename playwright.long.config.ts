import { defineConfig } from 'guestwright';
import architectures from './playwright.architectures.config.js';
import installs from './playwright.full.config.js';
import installer from './playwright.installer.config.js';

const debianByUefi = (installs.projects ?? []).filter(({ name = '' }) => name.includes('debian-uefi'));

/**
 * Scenarios of `npm run test:full` that have guests on QEMU, the longest first. Two machines at a time: each keeps little more
 * than one processor busy.
 */
export default defineConfig({
  // Without QEMU there is nothing to run.
  testMatch: [],
  build: { external: ['**/dist/**'] },
  workers: 2,
  projects: [...debianByUefi, ...(installer.projects ?? []), ...(architectures.projects ?? [])],
});
