/** The ladder behind a text: which reader is asked, and when. */
import { expect, test } from 'vitest';
import { GuestPointer } from '../input/pointer.js';
import type { Frame } from '../screen/frame.js';
import type { Rung, TextPage, TextRow } from '../screen/page.js';
import type { FrameReader } from '../screen/reader.js';
import { failureOf, FakeMachine } from './fake-machine.test.helper.js';
import { MachineScreen } from './screen.js';

function row(text: string, y: number, rung: Rung, confidence = 1): TextRow {
  return {
    text,
    edges: Array.from({ length: text.length + 1 }, (_, unit) => 10 + unit * 8),
    y,
    height: 16,
    rung,
    confidence,
    wraps: false,
    colours: [{ start: 0, end: text.length, foreground: 0, background: 0xffffff }],
  };
}

class ScriptedReader implements FrameReader {
  asked: string[] = [];
  constructor(
    readonly glyphs: readonly TextRow[],
    readonly ocr: readonly TextRow[],
  ) {}

  async exact(frame: Frame): Promise<TextPage> {
    this.asked.push(`exact at ${frame.time}`);
    return { rows: this.glyphs };
  }

  async whole(frame: Frame): Promise<TextPage> {
    this.asked.push(`whole at ${frame.time}`);
    return { rows: [...this.glyphs, ...this.ocr] };
  }
}

function graphicScreen(reader: ScriptedReader, machine = new FakeMachine()) {
  machine.content = { kind: 'graphic', width: 320, height: 200, rgba: new Uint8Array(4 * 320 * 200), mode: '320x200' };
  const pointer = new GuestPointer(machine);
  return { machine, screen: new MachineScreen({ port: machine, pointer, reader, goldens: async () => [] }) };
}

test('an exact answer is not kept waiting for recognition', async () => {
  const reader = new ScriptedReader([row('Install', 0, 'glyphs')], [row('Install', 40, 'ocr', 0.9)]);
  const { screen } = graphicScreen(reader);
  expect(await screen.getByText('Install').waitFor()).toMatchObject({ rung: 'glyphs', confidence: 1 });
  expect(reader.asked).toEqual(['exact at 0']);
});

test('what exact reading does not have is recognised, and says so', async () => {
  const reader = new ScriptedReader([row('Install', 0, 'glyphs')], [row('Continue', 40, 'ocr', 0.9)]);
  const { screen } = graphicScreen(reader);
  expect(await screen.getByText('Continue').waitFor()).toMatchObject({
    rung: 'ocr',
    confidence: 0.9,
    region: { x: 10, y: 40, width: 64, height: 16 },
  });
});

test('all places are those of every reader; the second may be a recognised one', async () => {
  const reader = new ScriptedReader([row('Install', 0, 'glyphs')], [row('Install', 40, 'ocr', 0.9)]);
  const { screen } = graphicScreen(reader);
  const text = screen.getByText('Install');
  expect((await text.all()).map(({ rung }) => rung)).toEqual(['glyphs', 'ocr']);
  expect((await text.nth(1).waitFor()).rung).toBe('ocr');
  const error = await failureOf(text.nth(2).waitFor({ timeout: 0 }));
  expect(error.message).toContain('the text "Install" (at least 3 times)');
});

test('recognised text may differ in as many characters as is asked for, exact text in none', async () => {
  const reader = new ScriptedReader([row('Reboat', 0, 'glyphs')], [row('Gо Back', 40, 'ocr', 0.8)]);
  const { screen } = graphicScreen(reader);
  expect(await screen.getByText('Go Back').isVisible()).toBe(false);
  expect(await screen.getByText('Go Back', { distance: 1 }).waitFor()).toMatchObject({ distance: 1, rung: 'ocr' });
  expect(await screen.getByText('Reboot', { distance: 1 }).isVisible()).toBe(false);
});

test('a text is looked for in a part of the screen, and near another', async () => {
  const reader = new ScriptedReader(
    [row('User', 0, 'glyphs'), row('Edit', 20, 'glyphs'), row('Edit', 120, 'glyphs')],
    [],
  );
  const { screen } = graphicScreen(reader);
  const below = screen.region({ x: 0, y: 100, width: 320, height: 100 });
  expect((await below.getByText('Edit').waitFor()).region.y).toBe(120);
  const near = screen.region().near(screen.getByText('User'), { margin: 24 });
  expect((await near.getByText('Edit').all()).map(({ region }) => region.y)).toEqual([20]);
  expect(await below.text()).toBe('Edit');
  expect(await screen.region().near(screen.getByText('nobody')).getByText('Edit').isVisible()).toBe(false);
});

test('a miss shows what was read, how, and the nearest marked', async () => {
  const reader = new ScriptedReader([row('Instal', 0, 'glyphs')], [row('Continue', 40, 'ocr', 0.9)]);
  const { screen } = graphicScreen(reader);
  const error = await failureOf(screen.getByText('Install').waitFor({ timeout: 0 }));
  expect(error.message).toContain('the nearest is "Instal" in row 0 (1 character differs; read exactly)');
  expect(error.message).toContain('0 |Instal  |');
  expect(error.message).toContain('|^^^^^^');
  expect(error.message).toContain('1~|Continue|');
});

test('one of several is waited for, and named', async () => {
  const reader = new ScriptedReader([row('Kernel panic', 0, 'glyphs')], []);
  const { screen } = graphicScreen(reader);
  expect(await screen.waitForOneOf({ login: 'login:', panic: /panic/ })).toBe('panic');
  const error = await failureOf(screen.waitForOneOf({ login: 'login:' }, { timeout: 0 }));
  expect(error.failure).toMatchObject({ code: 'none-shown' });
  expect(error.message).toContain('login ("login:")');
});

test.each([
  ['an index', { nth: -1 }, 'nth-invalid'],
  ['a distance', { distance: 0.5 }, 'distance-invalid'],
])('%s that cannot be is refused at once', (_, options, code) => {
  const { screen } = graphicScreen(new ScriptedReader([], []));
  expect(() => screen.getByText('x', options)).toThrow(expect.objectContaining({ code }) as Error);
});
