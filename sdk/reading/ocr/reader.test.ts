import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import { crop, type Picture } from '../../screen/picture.js';
import { rowRegion } from '../../screen/page.js';
import { decodePng } from '../png.js';
import { OcrReader } from './reader.js';

const reader = new OcrReader({ languages: ['eng'] });
afterAll(() => reader.dispose());

function screen(name: string): Picture {
  return decodePng(readFileSync(`sdk/screen/screens/${name}.png`), name);
}

test('a list with its highlighted row is read, each row with its place and colours', async () => {
  const rows = await reader.read(crop(screen('gtk800'), { x: 14, y: 340, width: 300, height: 56 }));
  expect(rows.map(({ text }) => text.replaceAll(/ +/g, ' '))).toEqual(['English - English', 'Esperanto - Esperanto']);
  const [highlighted, plain] = rows;
  if (highlighted === undefined || plain === undefined) throw new Error('two rows were expected');
  expect(highlighted.rung).toBe('ocr');
  expect(highlighted.confidence).toBeGreaterThan(0.8);
  expect(highlighted.colours[0]?.foreground).toBe(0xffffff);
  expect((plain.colours[0]?.background ?? 0) & 0xff).toBeGreaterThan(0xf0);
  // The second word of the row, on the screen from 210 to 259: the crop begins at 14.
  const second = rowRegion(highlighted, highlighted.text.lastIndexOf('English'), highlighted.text.length);
  expect(Math.abs(second.x - (210 - 14))).toBeLessThanOrEqual(2);
  expect(Math.abs(second.width - 49)).toBeLessThanOrEqual(3);
  expect(second.y).toBeGreaterThan(10);
  expect(second.y + second.height).toBeLessThan(36);
});

test('buttons on one height are one row', async () => {
  const rows = await reader.read(screen('gtk800'), [{ x: 0, y: 550, width: 800, height: 50 }]);
  expect(rows.map(({ text }) => text.replaceAll(/ +/g, ' '))).toEqual(['Screenshot Go Back Continue']);
});

test('a picture without text gives no rows', async () => {
  expect(await reader.read({ width: 40, height: 30, rgba: new Uint8Array(4 * 40 * 30).fill(255) })).toEqual([]);
});

test('a process that reads once and does not dispose ends, and prints nothing of its own', async () => {
  const child = fileURLToPath(new URL('./reader.test.child.js', import.meta.url));
  const { stdout, stderr, exitCode } = await execa(process.execPath, [child], { timeout: 280_000 });
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: 'Configure the keyboard', stderr: '', exitCode: 0 });
});

test('a reader that was disposed of refuses to read; others go on', async () => {
  const other = new OcrReader({ languages: ['eng'], workers: 1 });
  await other.dispose();
  await other.dispose();
  const picture = crop(screen('gtk1024'), { x: 0, y: 80, width: 220, height: 30 });
  await expect(other.read(picture)).rejects.toMatchObject({ failure: { kind: 'usage', code: 'ocr-disposed' } });
  expect((await reader.read(picture)).map(({ text }) => text)).toEqual(['Configure the keyboard']);
});

test('the version names the library and the digest of each model', () => {
  expect(reader.version).toMatch(/^ocr-\d+ tesseract\.js-\d+\.\d+\.\d+ eng-[0-9a-f]{16}$/);
});

test.each([0, 3, 1.5])('%s workers are refused', (workers) => {
  expect(() => new OcrReader({ languages: ['eng'], workers })).toThrow(GuestwrightError);
  expect(() => new OcrReader({ languages: ['eng'], workers })).toThrow(/expected: 1 to 2/);
});

test('a damaged model is told as a failure of the host, and reading other languages goes on', async () => {
  const project = await mkdtemp(path.join(tmpdir(), 'guestwright-ocr-'));
  const folder = path.join(project, 'node_modules', '@tesseract.js-data', 'abc');
  await mkdir(path.join(folder, '4.0.0'), { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{}');
  await writeFile(path.join(folder, '4.0.0', 'abc.traineddata.gz'), 'not a model');
  const picture = crop(screen('gtk1024'), { x: 0, y: 80, width: 220, height: 30 });
  const damaged = new OcrReader({ languages: ['abc'], project });
  try {
    const failure = { kind: 'infrastructure', code: 'ocr-failed' };
    await expect(damaged.read(picture)).rejects.toMatchObject({ failure });
    expect((await reader.read(picture)).map(({ text }) => text)).toEqual(['Configure the keyboard']);
  } finally {
    await damaged.dispose();
    await rm(project, { recursive: true });
  }
});
