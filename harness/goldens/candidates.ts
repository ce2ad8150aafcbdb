/** The pictures that one golden's name stands for: any that matches will do; else the nearest is the one to explain. */
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { compareWithGolden, matchesGolden, type GoldenComparison, type Tolerance } from './compare.js';
import type { GoldenPaths } from './paths.js';
import type { Golden } from './store.js';

/** A golden with the parts of it that do not count, in its own pixels. */
export interface Candidate {
  golden: Golden;
  masks: readonly Region[];
}

/** What is compared with them. */
export interface Subject {
  /** The screen or its clip, which is what goldens hold. */
  part: Frame;
  /** Parts of it that do not count. */
  masks: readonly Region[];
}

/** A golden and how the screen compares with it. */
export interface Compared {
  golden: Golden;
  comparison: GoldenComparison;
  /** What was left out: the screen's masks and the golden's own. */
  masks: readonly Region[];
}

/** Whether the screen matches any of them. */
export function matchesAny(candidates: readonly Candidate[], { part, masks }: Subject, tolerance: Tolerance): boolean {
  return candidates.some((candidate) =>
    matchesGolden(candidate.golden, part, { masks: [...masks, ...candidate.masks], tolerance }),
  );
}

/** All of them, the nearest first; of equally near ones the plain golden, then by name. */
export function rankGoldens(candidates: readonly Candidate[], subject: Subject, tolerance: Tolerance): Compared[] {
  const compared = candidates.map(({ golden, masks: own }) => {
    const masks = [...subject.masks, ...own];
    return { golden, masks, comparison: compareWithGolden(golden, subject.part, { masks, tolerance }) };
  });
  // Sorting is stable, and that is the order in which they come.
  return compared.sort((a, b) => distance(a.comparison) - distance(b.comparison));
}

/** Below 0: the same; up to 1: the part of it that differs; above: not to be compared. */
function distance(comparison: GoldenComparison): number {
  if (comparison.kind === 'same') return -1;
  return comparison.kind === 'size' ? 2 : comparison.ratio;
}

/**
 * Which file an update rewrites: the nearest, because that is the one that a failure shows. Where there is none yet, the
 * plain golden is written.
 */
export function goldenToWrite(plain: GoldenPaths, ranked: readonly Compared[]): GoldenPaths {
  return ranked[0]?.golden.paths ?? plain;
}
