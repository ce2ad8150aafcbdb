import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { GuestPointer } from '../../sdk/input/pointer.js';
import { FakeMachine } from '../../sdk/machine/fake-machine.test.helper.js';
import { MachineScreen } from '../../sdk/machine/screen.js';
import { LadderReader } from '../../sdk/reading/ladder.js';
import { decodePng } from '../../sdk/reading/png.js';
import { makeFrame } from '../../sdk/screen/frame.js';
import { goldenFrame } from '../../sdk/screen/golden-frame.js';
import type { Picture } from '../../sdk/screen/picture.js';
import { cellReader, type FrameReader } from '../../sdk/screen/reader.js';
import { textScreenOf } from '../../sdk/screen/text-diff.js';
import { textFrame } from '../../sdk/screen/text-fixture.js';
import type { TextScreen } from '../../sdk/screen/text-golden.js';
import { matchesAny } from './candidates.js';
import { masksInFrame, masksInGolden } from './masks.js';
import { goldenPaths } from './paths.js';
import type { Golden } from './store.js';

const machine = new FakeMachine();

function screenRead(reader: FrameReader): MachineScreen {
  return new MachineScreen({ port: machine, pointer: new GuestPointer(machine), reader, goldens: async () => [] });
}

const clock = screenRead(cellReader).getByText(/\d+:\d\d(:\d\d)?/);

/** A golden of a text screen with these rows. */
function golden(rows: string[]): Golden {
  const { grid, width, height, rgba } = textFrame(rows);
  if (grid === null) throw new Error('a text screen has a grid');
  return goldenOf({ width, height, rgba }, textScreenOf(grid));
}

function goldenOf({ width, height, rgba }: Picture, textScreen: TextScreen | null): Golden {
  const text = textScreen === null ? null : { file: '', screen: textScreen };
  return {
    ...{ width, height, rgba },
    paths: goldenPaths({ root: 'r', guest: 'g', scenario: 's.spec.ts', name: 'menu' }),
    bytes: new Uint8Array(0),
    text,
    frame: goldenFrame({ width, height, rgba }, text?.screen ?? null),
  };
}

test.each([
  ['longer', '9:41', '12:34:56'],
  ['shorter', '12:34:56', '9:41'],
  ['as long', '9:41', '9:59'],
])('a masked text may be %s in the golden', async (_, now, then) => {
  const part = textFrame([`up since ${now}`, 'login:']);
  const masks = await masksInFrame([clock], part);
  const expected = golden([`up since ${then}`, 'login:']);
  const own = await masksInGolden([clock], expected);
  expect(matchesAny([{ golden: expected, masks: own }], { part, masks }, {})).toBe(true);
});

test('without being looked up in the golden, a longer text would show beside the mask', async () => {
  const part = textFrame(['up since 9:41']);
  const masks = await masksInFrame([clock], part);
  const candidate = { golden: golden(['up since 12:34:56']), masks: [] };
  expect(matchesAny([candidate], { part, masks }, {})).toBe(false);
});

test('what stands elsewhere is compared all the same', async () => {
  const part = textFrame(['up since 9:41', 'login:']);
  const expected = golden(['up since 12:34:56', 'logout']);
  const candidate = { golden: expected, masks: await masksInGolden([clock], expected) };
  expect(matchesAny([candidate], { part, masks: await masksInFrame([clock], part) }, {})).toBe(false);
});

test('a text is found in pixels of the frame and of the golden; rectangles stay as they are', async () => {
  const region = { x: 1, y: 2, width: 3, height: 4 };
  const part = textFrame(['', 'at 9:41']);
  expect(await masksInFrame([region, clock], part)).toEqual([region, { x: 27, y: 16, width: 36, height: 16 }]);
  expect(await masksInGolden([region, clock], golden(['12:34:56']))).toEqual([{ x: 0, y: 0, width: 72, height: 16 }]);
});

test('in the golden of a graphic screen a text is found as on the screen: by its pixels', async () => {
  const uefi = new URL('../../../sdk/screen/screens/ovmfdm.png', import.meta.url);
  const expected = goldenOf(decodePng(readFileSync(uefi), 'ovmfdm'), null);
  const screen = screenRead(new LadderReader());
  const entry = { x: 24, y: 97, width: 200, height: 19 };
  expect(await masksInGolden([screen.getByText('Secure Boot Configuration')], expected)).toEqual([entry]);
});

test('a rectangle outside of the screen is wrong use', async () => {
  const frame = makeFrame({ kind: 'blank', width: 10, height: 10 }, 0);
  await expect(masksInFrame([{ x: 5, y: 5, width: 6, height: 1 }], frame)).rejects.toMatchObject({
    kind: 'usage',
    code: 'region-outside',
  });
});
