/** Screens: comparing them, finding pictures in them, reading them. Each part measures against what others offer. */
import { loadFonts } from '../sdk/reading/fonts/index.js';
import type { Group } from './group.js';
import { measureCompare } from './screen/compare.js';
import { measureFinding } from './screen/finding.js';
import { measureMatch } from './screen/match.js';
import { measureOcr } from './screen/ocr.js';
import { measureReading } from './screen/reading.js';

export const screen: Group = {
  async measure(note) {
    return {
      ...(await measureCompare(note)),
      ...(await measureFinding(note)),
      ...(await measureReading(note, await loadFonts())),
      ...(await measureOcr(note)),
      ...(await measureMatch(note)),
    };
  },
};
