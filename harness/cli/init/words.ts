import { relative } from 'node:path';
import type { InitResult } from './init.js';

/** What `init` says: what it did, and the commands to go on with. */
export function wordInit({ folder, written, skipped, missingPackages }: InitResult, given: string): string {
  const lines = [
    ...written.map((file) => `  written  ${file}`),
    ...skipped.map((file) => `  skipped  ${file} (there already, not touched)`),
  ];
  const here = relative(process.cwd(), folder) === '';
  const next = [
    ...(here ? [] : [`  cd ${given}`]),
    ...installCommand(written, missingPackages),
    '  npx guestwright doctor    what is here and what is missing',
    '  npx guestwright run       the first scenario; it builds its image once',
    '  npx guestwright open grub-rescue:floppy    use the same machine by hand',
  ];
  return `${[...lines, '', 'Next:', ...next].join('\n')}\n`;
}

function installCommand(written: readonly string[], missingPackages: readonly string[]): string[] {
  if (written.includes('package.json')) return ['  npm install'];
  return missingPackages.length === 0 ? [] : [`  npm install --save-dev ${missingPackages.join(' ')}`];
}
