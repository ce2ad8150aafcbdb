/** The images that Guestwright knows how to build. */
import { GuestwrightError } from '../errors.js';
import type { Recipe } from './recipe.js';
import { debianInstaller } from './recipes/debian-installer.js';
import { debianLiveInstaller } from './recipes/debian-live-installer.js';
import { grubRescue } from './recipes/grub-rescue.js';
import { ipxe } from './recipes/ipxe.js';
import { linuxAarch64 } from './recipes/linux-aarch64.js';
import { linuxBusybox } from './recipes/linux-busybox.js';
import { linuxKeyboards } from './recipes/linux-keyboards.js';
import { linuxInstaller } from './recipes/linux-installer.js';
import { memtest } from './recipes/memtest.js';
import { uBootRiscv64 } from './recipes/u-boot-riscv64.js';

export const RECIPES: readonly Recipe[] = [
  debianInstaller,
  debianLiveInstaller,
  grubRescue,
  ipxe,
  linuxAarch64,
  linuxBusybox,
  linuxInstaller,
  linuxKeyboards,
  memtest,
  uBootRiscv64,
];

export function findRecipe(name: string): Recipe | undefined {
  return RECIPES.find((recipe) => recipe.name === name);
}

/** The error for a name that is neither in the catalogue nor imported. */
export function unknownImage(name: string, known: readonly string[]): GuestwrightError {
  const near = nearest(name, known);
  return new GuestwrightError(`There is no image called ${name}`, {
    kind: 'usage',
    code: 'image-unknown',
    expected: `one of ${[...known].sort().join(', ')}`,
    seen: name,
    next: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'See `npx guestwright images list`.',
  });
}

/** The names that differ from `name` in few letters, nearest first. */
export function nearest(name: string, known: readonly string[]): string[] {
  return known
    .map((candidate) => ({ candidate, distance: candidate.startsWith(name) ? 1 : editDistance(name, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
