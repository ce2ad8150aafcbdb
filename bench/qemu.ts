/**
 * QEMU through the SDK, beside QEMU driven directly by the shortest script (`qemu/plain.ts`), in turns. A figure is the
 * median of its runs; `baseline` is the script's. A ratio above 1 means that ours takes less time (or types more).
 */
import type { Group } from './group.js';
import { measureFirstMatch } from './qemu/first-match.js';
import { measureLinux } from './qemu/linux.js';
import { measureStates } from './qemu/states.js';

export const qemu: Group = {
  async measure(note) {
    return {
      ...(await measureFirstMatch(note)),
      ...(await measureLinux(note)),
      ...(await measureStates(note)),
    };
  },
};
