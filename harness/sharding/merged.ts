/**
 * What the shards of a run say about it in the report that is merged of theirs: each notes in the run's metadata, which
 * blob reports carry, what it had of which split.
 */
import type { Plan } from './plan.js';
import { wordShare } from './words.js';

export type Merged =
  | { kind: 'whole' }
  | { kind: 'missing'; missing: number[]; total: number }
  /** They did not agree on who runs what. */
  | { kind: 'differ' };

const KEY = /^shard (\d+) of (\d+)$/;
const DIGEST = / \(split ([0-9a-f]{16})\)$/;

/** Shown by the HTML report as it is, hence words. */
export function noteOf(plan: Plan): Record<string, string> {
  return { [`shard ${plan.current} of ${plan.total}`]: `${wordShare(plan)} (split ${plan.digest})` };
}

/** Null for a report that is not of shards. @param metadata of the merged run */
export function judgeMerged(metadata: Readonly<Record<string, unknown>>): Merged | null {
  const notes = Object.entries(metadata).flatMap(([key, note]) => {
    const [, current, total] = KEY.exec(key) ?? [];
    const digest = typeof note === 'string' ? DIGEST.exec(note)?.[1] : undefined;
    return total === undefined || digest === undefined
      ? []
      : [{ current: Number(current), total: Number(total), digest }];
  });
  const [first] = notes;
  if (first === undefined) return null;
  if (notes.some(({ total, digest }) => total !== first.total || digest !== first.digest)) return { kind: 'differ' };
  const there = new Set(notes.map(({ current }) => current));
  const missing = Array.from({ length: first.total }, (_, index) => index + 1).filter((shard) => !there.has(shard));
  return missing.length === 0 ? { kind: 'whole' } : { kind: 'missing', missing, total: first.total };
}
