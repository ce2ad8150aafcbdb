/** Screens: comparing them, finding pictures in them, reading them. Each part measures against what others offer. */
import type { Group } from './group.js';
import { measureCompare } from './screen/compare.js';

export const screen: Group = {
  async measure(note) {
    return {
      ...(await measureCompare(note)),
    };
  },
};
