/** On a machine that runs by itself recognition goes on beside the looking. */
import { expect, test } from 'vitest';
import type { ScreenContent } from '../screen/content.js';
import { makeFrame, type Frame } from '../screen/frame.js';
import type { Rung, TextPage, TextRow } from '../screen/page.js';
import { findText } from '../screen/text.js';
import { RecognisingWatch } from './recognising-watch.js';

const WANTED = 'Continue';

function row(text: string, rung: Rung): TextRow {
  const edges = Array.from({ length: text.length + 1 }, (_, unit) => unit * 2);
  return { text, edges, y: 0, height: 8, rung, confidence: 1, wraps: false, colours: [] };
}

/** A picture whose first rows (where the text stands) and last rows are of these greys. */
function picture(text: number, rest: number, time = 0): Frame {
  const rgba = new Uint8Array(4 * 32 * 16).fill(text, 0, 4 * 32 * 8).fill(rest, 4 * 32 * 8);
  const content: ScreenContent = { kind: 'graphic', width: 32, height: 16, rgba, mode: 'test' };
  return makeFrame(content, time);
}

class Desk {
  frame = picture(1, 1);
  exact: TextRow[] = [];
  /** Recognitions under way, by the order in which they were asked for. */
  readonly asked: { frame: Frame; answer: (rows: TextRow[]) => void; fail: (error: Error) => void }[] = [];
  readonly watch = new RecognisingWatch({
    reader: {
      exact: async () => ({ rows: this.exact }),
      whole: (frame) =>
        new Promise<TextPage>((resolve, reject) => {
          this.asked.push({ frame, answer: (rows) => resolve({ rows }), fail: reject });
        }),
    },
    current: async () => this.frame,
    find: async (page) => findText(page, WANTED),
    index: 0,
  });
}

test('while a frame is recognised the looking goes on, and an exact answer does not wait for it', async () => {
  const desk = new Desk();
  expect(await desk.watch.check()).toBeUndefined();
  desk.frame = picture(2, 2);
  expect(await desk.watch.check()).toBeUndefined();
  expect(desk.asked).toHaveLength(1);
  desk.exact = [row(WANTED, 'glyphs')];
  expect(await desk.watch.check()).toMatchObject({ rung: 'glyphs' });
});

test('it wakes when recognition has ended, and then the answer is there', async () => {
  const desk = new Desk();
  expect(desk.watch.woken()).toBeNull();
  await desk.watch.check();
  const woken = desk.watch.woken();
  desk.asked[0]?.answer([row(WANTED, 'ocr')]);
  await woken;
  expect(desk.watch.woken()).toBeNull();
  expect(await desk.watch.check()).toMatchObject({ rung: 'ocr', text: WANTED });
});

test('an answer counts as long as the screen still shows it there, whatever else has changed', async () => {
  const desk = new Desk();
  await desk.watch.check();
  desk.frame = picture(1, 9);
  desk.asked[0]?.answer([row(WANTED, 'ocr')]);
  await desk.watch.woken();
  expect(await desk.watch.check()).toMatchObject({ text: WANTED });
});

test('an answer about what has gone is dropped, and the new picture is recognised', async () => {
  const desk = new Desk();
  await desk.watch.check();
  desk.frame = picture(5, 1);
  desk.asked[0]?.answer([row(WANTED, 'ocr')]);
  await desk.watch.woken();
  expect(await desk.watch.check()).toBeUndefined();
  expect(desk.asked.map(({ frame }) => frame)).toEqual([expect.anything(), desk.frame]);
});

test('a picture on which it was not found is not recognised again', async () => {
  const desk = new Desk();
  await desk.watch.check();
  desk.asked[0]?.answer([]);
  await desk.watch.woken();
  await desk.watch.check();
  await desk.watch.check();
  expect(desk.asked).toHaveLength(1);
});

test('a failure of recognition is thrown by the next look', async () => {
  const desk = new Desk();
  await desk.watch.check();
  desk.asked[0]?.fail(new Error('no model'));
  await desk.watch.woken();
  await expect(desk.watch.check()).rejects.toThrow('no model');
});
