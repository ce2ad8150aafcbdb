import { expect, test } from 'vitest';
import { takeOwnOptions } from './own-options.js';

const cases: [sentence: string, args: string[], expected: ReturnType<typeof takeOwnOptions>][] = [
  ['what is not ours is left as it is', ['a.spec.ts', '-g', 'x'], { env: {}, rest: ['a.spec.ts', '-g', 'x'] }],
  ['ours is taken out', ['--no-memoise', 'a'], { env: { GUESTWRIGHT_MEMOISE: 'off' }, rest: ['a'] }],
  ['no checkpoints', ['a', '--no-checkpoints'], { env: { GUESTWRIGHT_CHECKPOINTS: 'off' }, rest: ['a'] }],
  ['a checkpoint', ['--from', 'b c', 'a'], { env: { GUESTWRIGHT_CHECKPOINT_FROM: 'b c' }, rest: ['a'] }],
  ['written together', ['--from=b', 'a'], { env: { GUESTWRIGHT_CHECKPOINT_FROM: 'b' }, rest: ['a'] }],
  [
    'a pause',
    ['--pause-on-failure', 'a'],
    { env: { GUESTWRIGHT_PAUSE: 'failure' }, rest: ['--workers=1', '--retries=0', 'a'] },
  ],
  [
    'steps',
    ['--debug', 'a'],
    { env: { GUESTWRIGHT_PAUSE: 'actions' }, rest: ['--workers=1', '--retries=0', '--timeout=0', 'a'] },
  ],
  ['a seed', ['--seed', '7', 'a'], { env: { GUESTWRIGHT_SEED: '7' }, rest: ['a'] }],
  ['after a double dash nothing is ours', ['--', '--from', 'b'], { env: {}, rest: ['--', '--from', 'b'] }],
];
test.each(cases)('%s', (_sentence, args, expected) => expect(takeOwnOptions(args)).toEqual(expected));

test('a random seed is one number for the whole run, another the next time', () => {
  const seeds = Array.from({ length: 5 }, () => takeOwnOptions(['--seed', 'random']).env['GUESTWRIGHT_SEED']);
  for (const seed of seeds) expect(Number(seed)).toBeLessThan(2 ** 32);
  expect(new Set(seeds).size).toBeGreaterThan(1);
});

test.each([
  ['a name that is missing', ['--from'], 'option-value-missing'],
  ['another option in its place', ['--from', '--headed'], 'option-value-missing'],
  ['an empty name', ['--from='], 'option-value-missing'],
  ['a seed that is none', ['--seed=x'], 'seed-invalid'],
  ['a seed that is missing', ['--seed'], 'seed-invalid'],
  ['both at once', ['--from', 'a', '--no-checkpoints'], 'options-contradict'],
])('%s is refused', (_sentence, args, code) => {
  let error: unknown = null;
  try {
    takeOwnOptions(args);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ failure: { kind: 'usage', code } });
});
