import { expect, test } from 'vitest';
import { makeFrame } from '../../sdk/screen/frame.js';
import { textContent } from '../../sdk/screen/text-fixture.js';
import { Continuation } from './continuation.js';
import { Looks } from './looks.js';

const key = (name: string, more: Partial<Parameters<Continuation['pressed']>[0]> = {}) => ({
  key: name,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...more,
});

test('what was typed becomes lines of a scenario: texts in one piece, chords each', () => {
  const continuation = new Continuation();
  for (const name of ['l', 's', ' ', 'Shift', '"', "'", '\\', 'Enter', 'x']) continuation.pressed(key(name));
  continuation.pressed(key('Control', { ctrlKey: true }));
  continuation.pressed(key('c', { ctrlKey: true }));
  continuation.pressed(key('ArrowUp'));
  continuation.pressed(key(' ', { ctrlKey: true, altKey: true }));
  expect(continuation.code.split('\n')).toEqual([
    String.raw`await machine.keyboard.type('ls "\'\\\n');`,
    `await machine.keyboard.type('x');`,
    `await machine.keyboard.press('Control+c');`,
    `await machine.keyboard.press('ArrowUp');`,
    `await machine.keyboard.press('Control+Alt+Space');`,
  ]);
});

test('of very many looks every second goes, but never the last ones', () => {
  const looks = new Looks();
  const content = textContent(['x']);
  for (let at = 0; at < 4_000; at++) looks.add(makeFrame({ ...content }, at));
  expect(looks.all.length).toBeLessThanOrEqual(3_000);
  expect(looks.all.slice(-5).map(({ time }) => time)).toEqual([3_995, 3_996, 3_997, 3_998, 3_999]);
  expect(looks.all[0]?.time).toBe(0);
  const times = looks.all.map(({ time }) => time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('the same look again is no other look', () => {
  const looks = new Looks();
  const content = textContent(['x']);
  looks.add(makeFrame(content, 1));
  looks.add(makeFrame(content, 2));
  expect(looks.all).toHaveLength(1);
});
