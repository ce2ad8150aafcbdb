/** A difference between two images in a line. */
import { shownText } from '../../sdk/serial/shown.js';
import { wordTime } from '../fixtures/guest-time.js';
import type { Difference } from './compare.js';
import type { Finding } from './findings.js';
import type { Verdict } from './verdict.js';

/** Characters of a row or a message that are shown. */
const SHOWN = 120;

/** `screen text, row 4: expected "login:", seen "Login:"`. Expected is the first image. */
export function wordDifference(difference: Difference): string {
  switch (difference.kind) {
    case 'outcome':
      return `outcome: expected ${wordOutcome(difference.a)}, seen ${wordOutcome(difference.b)}`;
    case 'text': {
      const [first, ...others] = difference.rows;
      const more = others.length === 0 ? '' : `, and ${others.length} more rows`;
      const [a, b] = [first?.a ?? '', first?.b ?? ''].map((row) => JSON.stringify(cut(row.trimEnd())));
      return `screen text, row ${(first?.row ?? 0) + 1}: expected ${a ?? ''}, seen ${b ?? ''}${more}`;
    }
    case 'picture':
      return difference.pixels === null
        ? 'screen: the pictures have different sizes'
        : `screen: ${difference.pixels} pixels differ`;
    case 'serial':
      return 'serial output';
    case 'exitCode':
      return `exit code: expected ${difference.a ?? 'none'}, seen ${difference.b ?? 'none'}`;
    case 'time':
      return `guest time: expected ${wordTime(difference.a)}, seen ${wordTime(difference.b)}`;
  }
}

function wordOutcome(error: string | null): string {
  if (error === null) return 'passed';
  const lines = error.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
  return JSON.stringify(cut(lines.join('; ')));
}

function cut(text: string): string {
  const shown = shownText(text);
  return shown.length <= SHOWN ? shown : `${shown.slice(0, SHOWN)}…`;
}

export function wordFinding({ number, machine, step, found, isAccepted }: Finding): string {
  const accepted = isAccepted ? ' (accepted)' : '';
  return `${number}. ${machine.test} › ${machine.machine} › ${step.title}: ${wordDifference(found.difference)}${accepted}`;
}

/** What the terminal says below the differences. @param machines how many were compared */
export function wordVerdict(
  verdict: Verdict,
  { imageA, imageB }: { imageA: string; imageB: string },
  machines: number,
): string[] {
  switch (verdict.kind) {
    case 'same': {
      const all = machines === 1 ? 'The machine does the same' : `All ${machines} machines do the same`;
      return [`${all} on both images${verdict.accepted === 0 ? '' : `, or what was accepted (${verdict.accepted})`}.`];
    }
    case 'different':
      return wordHow(verdict.open, imageB);
    case 'both-failed':
      return [
        'The scenario fails on both images: what comes after that was not compared.',
        ...wordHow(verdict.open, imageB),
      ];
    case 'one-failed':
      return [
        `The scenario fails on ${verdict.side === 'a' ? imageA : imageB} alone, of something that no step of a machine shows: its errors are above.`,
      ];
  }
}

function wordHow(open: number, image: string): string[] {
  return open === 0 ? [] : [`If ${image} is to be so: npx guestwright compare --accept all, or some of the numbers.`];
}
