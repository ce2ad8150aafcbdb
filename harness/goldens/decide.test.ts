import { describe, expect, test } from 'vitest';
import { decideGolden, decideWait, type Comparison, type GoldenDecision, type UpdateMode } from './decide.js';

const pass: GoldenDecision = { kind: 'accepted' };
const fail = (why: 'missing' | 'differs'): GoldenDecision => ({ kind: 'refused', why });
const write = (why: 'missing' | 'differs' | 'refresh', passes = true): GoldenDecision => ({
  kind: 'write',
  why,
  passes,
});

const comparisons = ['missing', 'differs', 'matches', 'identical'] as const satisfies Comparison[];
const modes = ['default', 'missing', 'changed', 'all', 'none'] as const satisfies UpdateMode[];

const table: Record<UpdateMode, Record<Comparison, GoldenDecision>> = {
  default: { missing: write('missing', false), differs: fail('differs'), matches: pass, identical: pass },
  missing: { missing: write('missing'), differs: fail('differs'), matches: pass, identical: pass },
  changed: { missing: write('missing'), differs: write('differs'), matches: pass, identical: pass },
  all: { missing: write('missing'), differs: write('differs'), matches: write('refresh'), identical: pass },
  none: { missing: fail('missing'), differs: fail('differs'), matches: pass, identical: pass },
};

describe.each(modes)('in the update mode %s', (mode) => {
  test.each(comparisons)('a golden that is %s is treated as documented', (comparison) => {
    expect(decideGolden({ mode, ignore: false, negated: false, comparison })).toEqual(table[mode][comparison]);
  });

  test.each(comparisons)('.not never writes (%s)', (comparison) => {
    const expected: Record<Comparison, GoldenDecision> = {
      missing: { kind: 'refused', why: 'negated-missing' },
      differs: pass,
      matches: { kind: 'refused', why: 'negated-matches' },
      identical: { kind: 'refused', why: 'negated-matches' },
    };
    expect(decideGolden({ mode, ignore: false, negated: true, comparison })).toEqual(expected[comparison]);
  });

  test.each(comparisons)('ignored goldens always pass (%s)', (comparison) => {
    for (const negated of [false, true]) {
      expect(decideGolden({ mode, ignore: true, negated, comparison })).toEqual({ kind: 'ignored' });
    }
  });

  test('what is waited for follows from what may be done', () => {
    const plain = { mode, ignore: false, negated: false };
    expect(decideWait({ ...plain, ignore: true }, true)).toBe('nothing');
    expect(decideWait({ ...plain, negated: true }, true)).toBe('difference');
    expect(decideWait({ ...plain, negated: true }, false)).toBe('one-look');
    const updates = mode === 'changed' || mode === 'all';
    expect(decideWait(plain, true)).toBe(updates ? 'match-or-stable' : 'match');
    expect(decideWait(plain, false)).toBe(mode === 'none' ? 'one-look' : 'match-or-stable');
  });
});
