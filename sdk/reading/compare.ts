/** Comparing pictures as fast as Node can: with memcmp, which web standards do not have. */
import { makeComparer } from '../screen/compare.js';

export const { compare: compareFrames, match: matchFrames } = makeComparer({
  equalBytes: (a, b) => Buffer.compare(a, b) === 0,
});
