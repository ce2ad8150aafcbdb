import { expect, test } from 'vitest';
import type { PowerCut } from './types.js';
import { drawCuts, listCuts, wordSweep } from './word.js';

const recovered = (writes: number): PowerCut => ({ writes, outcome: 'recovered', reason: null, guestTime: 1500 });
const lost: PowerCut = { writes: 20, outcome: 'failed', reason: 'e2fsck found errors', guestTime: 2000 };
const report = { writes: 105, cuts: [recovered(10), lost, recovered(30)], failed: [lost] };

test('a sweep says how many cuts there were and which did not recover', () => {
  expect(wordSweep(report)).toBe('3 cuts during 105 writes: 2 recovered, 1 did not');
  expect(wordSweep({ writes: 9, cuts: [recovered(9)], failed: [] })).toBe('1 cut during 9 writes: all recovered');
  expect(listCuts(report).split('\n')).toEqual([
    'after write  10: recovered (1.5 s guest time)',
    'after write  20: NOT recovered (2.0 s guest time): e2fsck found errors',
    'after write  30: recovered (1.5 s guest time)',
    '',
  ]);
});

test('the picture has a bar for each, red where the guest did not recover', () => {
  const svg = drawCuts(report);
  expect(svg.match(/<rect /g)).toHaveLength(3);
  expect(svg.match(/fill="#cf222e"><title>after write 20 of 105: not recovered/g)).toHaveLength(1);
});
