/** Decides after which writes the power is cut. */
import { z } from 'zod';
import type { Which } from './types.js';

/** Cuts when nothing else is said. */
const USUAL = 50;

export type CutChoice =
  | { outcome: 'cuts'; after: number[] }
  /** The step wrote too little for even one. */
  | { outcome: 'none'; every: number }
  | { outcome: 'invalid' };

const which = z
  .string()
  .regex(/^every(?: [1-9]\d{0,8}(?:st|nd|rd|th))?$/)
  .transform((text) => Number(/\d+/.exec(text)?.[0] ?? 1));

/** @param writes that the step made */
export function chooseCuts(duringWrites: Which | undefined, writes: number): CutChoice {
  const asked = duringWrites === undefined ? null : which.safeParse(duringWrites);
  if (asked?.success === false) return { outcome: 'invalid' };
  const every = asked?.data ?? Math.max(1, Math.floor(writes / USUAL));
  const after: number[] = [];
  for (let count = every; count <= writes; count += every) after.push(count);
  return after.length === 0 ? { outcome: 'none', every } : { outcome: 'cuts', after };
}
