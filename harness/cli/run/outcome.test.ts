import { expect, test } from 'vitest';
import { decideOutcome, wordOutcome, type Ended } from './outcome.js';

const ended = (fields: Partial<Ended>): Ended => ({
  exitCode: 0,
  errors: '',
  summary: null,
  interruptedBy: null,
  ...fields,
});

const said = (exitCodeHint: 0 | 1 | 3, ...errors: string[]) => ({ exitCodeHint, errors });

const cases: [sentence: string, fields: Partial<Ended>, exitCode: number][] = [
  ['everything passed', { summary: said(0) }, 0],
  ['a list of tests needs no summary', {}, 0],
  ['a scenario failed', { exitCode: 1, summary: said(1) }, 1],
  ['the infrastructure failed', { exitCode: 1, summary: said(3) }, 3],
  ['the infrastructure failed although Playwright is content', { exitCode: 0, summary: said(3) }, 3],
  ['a rule of Playwright itself failed the run', { exitCode: 1, summary: said(0) }, 1],
  ['an unknown option', { exitCode: 1, errors: "error: unknown option '--frobnicate'\n" }, 2],
  ['no test matches', { exitCode: 1, summary: said(1, 'Error: No tests found.') }, 2],
  ['a scenario that writes like Playwright', { exitCode: 1, errors: 'Error: No tests found', summary: said(1) }, 1],
  ['a file that does not load', { exitCode: 1, summary: said(1, 'SyntaxError: a.spec.ts') }, 1],
  ['a project that is not there', { exitCode: 1, errors: 'Error: Project(s) "x" not found.' }, 2],
  ['the configuration does not load', { exitCode: 1, errors: 'SyntaxError: playwright.config.ts: Unexpected' }, 3],
  ['Playwright was killed', { exitCode: null }, 3],
  ['Ctrl-C', { exitCode: 130, interruptedBy: 'SIGINT', summary: said(1) }, 130],
  ['Ctrl-C that only Playwright saw', { exitCode: 130 }, 130],
  ['asked to end', { exitCode: 130, interruptedBy: 'SIGTERM' }, 143],
];

test.each(cases)('%s', (_sentence, fields, exitCode) => {
  expect(wordOutcome(decideOutcome(ended(fields))).exitCode).toBe(exitCode);
});

test('a run that did not happen says so and names the next step', () => {
  const { words } = wordOutcome(decideOutcome(ended({ exitCode: 1 })));
  expect(words).toContain('ended with code 1');
  expect(words).toContain('guestwright doctor');
});
