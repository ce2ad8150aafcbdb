/** The ladder on real screens: what is read exactly, what is recognised, and that nothing is recognised without need. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeFrame, type Frame } from '../screen/frame.js';
import { findText } from '../screen/text.js';
import { textFrame } from '../screen/text-fixture.js';
import { LadderReader } from './ladder.js';
import { decodePng } from './png.js';

const screens = new URL('../../../sdk/screen/screens/', import.meta.url);

function screen(name: string): Frame {
  const { width, height, rgba } = decodePng(readFileSync(new URL(`${name}.png`, screens)), name);
  return makeFrame({ kind: 'graphic', width, height, rgba, mode: 'a picture' }, 0);
}

test('a text mode needs neither fonts nor models', async () => {
  const reader = new LadderReader({ fonts: ['there-is-no-such-font'], languages: ['xxx'] });
  const page = await reader.whole(textFrame(['login:']));
  expect(findText(page, 'login:')).toMatchObject([{ rung: 'cells', confidence: 1 }]);
});

test('UEFI is read by its own font, and its highlighted row is told', async () => {
  const page = await new LadderReader().exact(screen('ovmfdm'));
  const [match] = findText(page, 'Secure Boot Configuration', { selected: true });
  expect(match).toMatchObject({ rung: 'glyphs', region: { x: 24, y: 97, width: 200, height: 19 } });
  expect(findText(page, 'Driver Health Manager', { selected: true })).toEqual([]);
});

test("a screen that is covered by exact text is never recognised: its language's model is not even looked for", async () => {
  const reader = new LadderReader({ languages: ['xxx'] });
  const page = await reader.whole(screen('fbsh'));
  expect(findText(page, 'vendor_id : AuthenticAMD')).toHaveLength(1);
});

test('on a menu over a picture the text is exact, and what is drawn beside it is recognised', async () => {
  const reader = new LadderReader();
  const frame = screen('grubgfx');
  const [entry] = findText(await reader.exact(frame), 'Install', { selected: true });
  expect(entry).toMatchObject({ rung: 'glyphs', confidence: 1 });
  const page = await reader.whole(frame);
  expect(findText(page, 'Install', { selected: true })).toEqual([entry]);
  expect(new Set(page.rows.map(({ rung }) => rung))).toEqual(new Set(['glyphs', 'ocr']));
});

test('without a language nothing is recognised', async () => {
  const reader = new LadderReader({ languages: [] });
  const frame = screen('grubgfx');
  expect(await reader.whole(frame)).toEqual({ rows: (await reader.exact(frame)).rows });
  expect((await reader.whole(frame)).rows.length).toBeGreaterThan(3);
});

test('on a desktop nothing is said to be exact, and text is recognised', async () => {
  const reader = new LadderReader();
  const frame = screen('gtk1024');
  expect((await reader.exact(frame)).rows).toEqual([]);
  const [match] = findText(await reader.whole(frame), 'Configure the keyboard');
  expect(match?.rung).toBe('ocr');
  expect(match?.confidence).toBeGreaterThan(0.7);
  expect(findText(await reader.whole(frame), 'American English', { selected: true })).toHaveLength(1);
});

test('one frame is read once', async () => {
  const reader = new LadderReader();
  const frame = screen('newt');
  expect(await reader.whole(frame)).toBe(await reader.whole(frame));
  expect(await reader.exact(frame)).toBe(await reader.exact(frame));
});

test('a language that is not installed is an infrastructure failure with the command', async () => {
  const reader = new LadderReader({ languages: ['xxx'] });
  await expect(reader.whole(screen('gtk800'))).rejects.toMatchObject({
    kind: 'infrastructure',
    code: 'ocr-language-missing',
    message: expect.stringContaining('npm install --save-dev @tesseract.js-data/xxx') as string,
  });
});
