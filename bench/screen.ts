/** Screens: comparing them, finding pictures in them, reading them. Each part measures against what others offer. */
import type { Group } from './group.js';
import { measureCompare } from './screen/compare.js';
import { measureFinding } from './screen/finding.js';
import { measureMatch } from './screen/match.js';
import { measureOcr } from './screen/ocr.js';

export const screen: Group = {
  async measure(note) {
    return {
      ...(await measureCompare(note)),
      ...(await measureFinding(note)),
      ...(await measureOcr(note)),
      ...(await measureMatch(note)),
    };
  },
};
