import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GuestwrightError } from '../../../sdk/errors.js';
import { decodePng, encodePng } from '../../../sdk/reading/png.js';
import { digestOf } from '../../goldens/use.js';
import { matchAnswer, type Ask } from '../ask.js';
import { acceptGoldens, selectPending } from './accept.js';
import { readGoldenState, type Pending } from './state.js';

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'guestwright-accept-'));
});
afterEach(async () => await rm(project, { recursive: true, force: true }));

const grey = (level: number): Uint8Array =>
  encodePng({
    width: 9,
    height: 16,
    rgba: new Uint8Array(9 * 16 * 4).fill(255).map((v, i) => (i % 4 === 3 ? v : level)),
  });
const text = (word: string): string =>
  `text screen 5x1, cells 9x16\n${word}\ncolours by row, as attribute*cells:\n0: 07*5\n`;

async function write(file: string, content: Uint8Array | string): Promise<void> {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(project, file, '..'), { recursive: true });
  await writeFile(join(project, file), content);
}

/** A project whose last run refused `menu`, a text screen, and `desk`, which has no golden yet. */
async function refusedRun(): Promise<Pending[]> {
  await write('golden-screens/tiny/boot/menu.png', grey(10));
  await write('golden-screens/tiny/boot/menu.txt', text('READY'));
  await write('reports/goldens/menu-actual.png', grey(20));
  await write('reports/goldens/menu-actual.txt', text('REEDY'));
  await write('reports/goldens/desk-actual.png', grey(30));
  const pending = { test: 'boot.spec.ts › boots', diff: null };
  const record = {
    project: '..',
    tests: [],
    ended: true,
    used: ['golden-screens/tiny/boot/menu.png'],
    pending: [
      {
        ...pending,
        golden: 'golden-screens/tiny/boot/menu.png',
        comparedWith: digestOf(grey(10)),
        actual: 'goldens/menu-actual.png',
        text: 'goldens/menu-actual.txt',
      },
      {
        ...pending,
        golden: 'golden-screens/tiny/boot/desk.png',
        comparedWith: null,
        actual: 'goldens/desk-actual.png',
        text: null,
      },
    ],
  };
  await write('reports/goldens.json', JSON.stringify(record));
  return (await readGoldenState(project)).pending;
}

/** Answers in turn, and notes what was printed. */
function person(...answers: string[]): { ask: Ask; printed: string[]; print: (words: string) => void } {
  const printed: string[] = [];
  const ask: Ask = async (_question, choices) => matchAnswer(answers.shift() ?? '', choices) ?? choices[0];
  return { ask, printed, print: (words) => void printed.push(words) };
}

const level = async (name: string): Promise<number | undefined> =>
  decodePng(await readFile(join(project, 'golden-screens/tiny/boot', `${name}.png`)), name).rgba[0];

test('what is answered with yes becomes the golden, and nothing else', async () => {
  const { ask, print, printed } = person('no', 'yes');
  const result = await acceptGoldens(await refusedRun(), { ask, print, pictures: 'none' });
  expect(result).toEqual({ accepted: ['tiny/boot/desk'], rejected: ['tiny/boot/menu'], outdated: [] });
  expect(await level('menu')).toBe(10);
  expect(await level('desk')).toBe(30);
  await expect(readFile(join(project, 'golden-screens/tiny/boot/desk.txt'))).rejects.toThrow('ENOENT');
  expect(printed[0]).toMatch(/- +0 \| READY\n\+ +0 \| REEDY/);
  expect(printed[0]).toContain('refused by: boot.spec.ts › boots');
});

test('after quit nothing more is asked or written', async () => {
  const { ask, print } = person('q');
  const result = await acceptGoldens(await refusedRun(), { ask, print, pictures: 'none' });
  expect(result.rejected).toEqual(['tiny/boot/menu', 'tiny/boot/desk']);
  expect(await level('menu')).toBe(10);
});

test('a golden that was replaced since the run is left alone', async () => {
  await refusedRun();
  await write('golden-screens/tiny/boot/menu.png', grey(99));
  const { pending } = await readGoldenState(project);
  const { print, printed } = person();
  const result = await acceptGoldens(pending, { ask: null, print, pictures: 'none' });
  expect(result).toEqual({ accepted: ['tiny/boot/desk'], rejected: [], outdated: ['tiny/boot/menu'] });
  expect(await level('menu')).toBe(99);
  expect(printed[0]).toContain('run again');
});

test('pictures are shown where the terminal can', async () => {
  const { print, printed } = person();
  await acceptGoldens(await refusedRun(), { ask: null, print, pictures: 'kitty' });
  expect(printed[0]).toContain(`\x1b_Ga=T,f=100,q=2,m=0;${Buffer.from(grey(20)).toString('base64')}\x1b\\`);
});

test('goldens are selected by their whole name, their last part or their file', async () => {
  const pending = await refusedRun();
  const select = (...names: string[]): string[] => selectPending(pending, names).map(({ name }) => name);
  expect(select()).toEqual(['tiny/boot/menu', 'tiny/boot/desk']);
  for (const name of ['tiny/boot/desk', 'desk', 'golden-screens/tiny/boot/desk.png']) {
    expect(select(name)).toEqual(['tiny/boot/desk']);
  }
  expect(() => select('esk')).toThrow('The last run did not refuse a golden "esk"');
});

test('a record that names a file outside of the goldens is not gone by', async () => {
  await refusedRun();
  const file = join(project, 'reports/goldens.json');
  const record = await readFile(file, 'utf8');
  await writeFile(file, record.replace('golden-screens/tiny/boot/desk.png', 'golden-screens/../../desk.png'));
  await expect(readGoldenState(project)).rejects.toThrow(GuestwrightError);
});

test('an answer is a choice or the beginning of one', () => {
  expect(matchAnswer(' Y ', ['yes', 'no', 'quit'])).toBe('yes');
  expect(matchAnswer('quit', ['yes', 'no', 'quit'])).toBe('quit');
  expect(matchAnswer('', ['yes', 'no'])).toBeNull();
  expect(matchAnswer('x', ['yes', 'no'])).toBeNull();
});
