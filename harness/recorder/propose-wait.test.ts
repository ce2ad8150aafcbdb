import { expect, test } from 'vitest';
import type { TextPage } from '../../sdk/screen/page.js';
import { proposeWait, type ReadLook } from './propose-wait.js';

const COLUMNS = 80;

function page(...rows: string[]): TextPage {
  return {
    rows: rows.map((text, row) => ({
      text: text.padEnd(COLUMNS),
      edges: Array.from({ length: COLUMNS + 1 }, (_, column) => column * 9),
      y: row * 16,
      height: 16,
      rung: 'cells' as const,
      confidence: 1,
      colours: [],
      wraps: true,
    })),
  };
}
const look = (at: number, ...rows: string[]): ReadLook => ({ at, page: page(...rows) });

test('the lowest row that is new and stands still is waited for', () => {
  const looks = [look(1_000, 'Loading'), look(2_000, 'Loading', 'Welcome', 'login:')];
  const question = { before: null, looks, now: 3_000, typed: '' };
  expect(proposeWait(question)).toEqual({ kind: 'wait', text: 'login:', exact: false, afterMs: 2_000 });
  // It has not stood for long enough.
  expect(proposeWait({ ...question, now: 2_100 })).toEqual({
    kind: 'wait',
    text: 'Loading',
    exact: false,
    afterMs: 1_000,
  });
  // Nothing else is new.
  const quick = [look(1_000), look(2_000, 'grub>')];
  expect(proposeWait({ before: look(900, 'menu'), looks: quick, now: 2_050, typed: 'c' })).toMatchObject({
    text: 'grub>',
  });
});

test('a prompt that an earlier row also begins with is waited for as a whole row', () => {
  const before = look(1_000, '~ # ls');
  const looks = [look(1_100, '~ # ls', 'bin', '~ #')];
  expect(proposeWait({ before, looks, now: 2_000, typed: 'ls\n' })).toMatchObject({ text: '~ #', exact: true });
});

test('what was seen before since the last input is no proof that the guest is done', () => {
  const before = look(1_000, '$ make');
  // The very same row was there, went, and came back.
  const looks = [look(1_100, '$ make', 'working'), look(1_200, '$ make'), look(1_300, '$ make', 'working')];
  expect(proposeWait({ before, looks, now: 2_000, typed: '' })).toEqual({ kind: 'nothing' });
});

test('numbers are left out: they are others on another machine', () => {
  const looks = [look(500, '[    1.234567] Memory: 127000K available', '3 disks found, 2 usable')];
  expect(proposeWait({ before: null, looks, now: 1_000, typed: '' })).toMatchObject({
    text: 'disks found,',
    exact: false,
  });
  expect(proposeWait({ before: null, looks: [look(0, '12:30:01')], now: 1_000, typed: '' })).toEqual({
    kind: 'nothing',
  });
});

test('the echo of what was typed is nothing to wait for', () => {
  const typed = 'echo hello';
  const echoed = look(1_200, '~ # echo hello');
  expect(proposeWait({ before: look(1_000, '~ # ec'), looks: [echoed], now: 2_000, typed })).toEqual({
    kind: 'nothing',
  });
  const form = look(1_000, '| Name:          |');
  const filled = look(1_200, '| Name: hello    |');
  expect(proposeWait({ before: form, looks: [filled], now: 2_000, typed })).toEqual({ kind: 'nothing' });
  const password = look(1_200, 'Password: ****');
  expect(proposeWait({ before: look(1_000, 'Password:'), looks: [password], now: 2_000, typed: 'word' })).toEqual({
    kind: 'nothing',
  });
  const wrapped = look(1_200, `~ # ${'x'.repeat(COLUMNS - 4)}`, 'xxx');
  const long = 'x'.repeat(90);
  expect(proposeWait({ before: look(1_000, '~ #'), looks: [wrapped], now: 2_000, typed: long })).toEqual({
    kind: 'nothing',
  });
});

test('borders are not waited for, and a long row is named by its beginning', () => {
  const words = 'one two three four five six seven eight nine ten eleven twelve';
  expect(proposeWait({ before: null, looks: [look(0, `║ ${words} ║`)], now: 1_000, typed: '' })).toMatchObject({
    text: 'one two three four five six seven eight nine ten eleven',
  });
  expect(proposeWait({ before: null, looks: [look(0, '╔═══════╗')], now: 1_000, typed: '' })).toEqual({
    kind: 'nothing',
  });
});
