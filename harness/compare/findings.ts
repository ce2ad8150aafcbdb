/** The differences of a comparison, numbered, with what has been accepted. */
import { z } from 'zod';
import { acceptedEntry, acceptedOf, isAccepted, type Accepted } from './accepted.js';
import type { ComparedMachine, ComparedStep, CompareRules, SeenDifference } from './compare.js';

export interface Finding {
  /** From 1, as the report shows it. */
  number: number;
  machine: ComparedMachine;
  /** Index in the machine's steps. */
  index: number;
  step: ComparedStep;
  found: SeenDifference;
  accept: Accepted;
  isAccepted: boolean;
}

export function findingsOf(
  machines: readonly ComparedMachine[],
  image: string,
  accepted: readonly Accepted[],
  rules: CompareRules,
): Finding[] {
  const all = machines.flatMap((machine) =>
    machine.steps.flatMap((step, index) =>
      step.differences.map((found) => {
        const accept = acceptedOf(image, machine, step, found);
        return { machine, index, step, found, accept, isAccepted: isAccepted(accept, accepted, rules) };
      }),
    ),
  );
  return all.map((finding, i) => ({ number: i + 1, ...finding }));
}

/** What was accepted for this image in these tests, and is not there any more. */
export function staleOf(
  findings: readonly Finding[],
  machines: readonly ComparedMachine[],
  image: string,
  accepted: readonly Accepted[],
): Accepted[] {
  return accepted.filter(
    (one) =>
      one.image === image &&
      machines.some(({ scenario, test }) => scenario === one.scenario && test === one.test) &&
      !findings.some(
        ({ accept, isAccepted: is }) =>
          is &&
          accept.step === one.step &&
          accept.kind === one.kind &&
          accept.occurrence === one.occurrence &&
          accept.machine === one.machine,
      ),
  );
}

/** What `--accept` reads of the last comparison: `compare.json` beside its report. */
export const compareRecord = z.strictObject({
  version: z.literal(1),
  images: z.strictObject({ a: z.string(), b: z.string() }),
  findings: z.array(
    z.strictObject({
      number: z.int().positive(),
      words: z.string(),
      isAccepted: z.boolean(),
      accept: acceptedEntry,
    }),
  ),
});
export type CompareRecord = z.infer<typeof compareRecord>;
