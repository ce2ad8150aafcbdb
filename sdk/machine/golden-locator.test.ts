import { expect, test } from 'vitest';
import { GuestPointer } from '../input/pointer.js';
import { cellReader } from '../screen/reader.js';
import { failureOf, FakeMachine } from './fake-machine.test.helper.js';
import { MachineScreen } from './screen.js';
import type { GoldenPicture } from './types.js';

const [WIDTH, HEIGHT] = [320, 200];

/** A picture with a pattern that is nowhere else. */
function pattern(width: number, height: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: 4 * width * height }, (_, i) =>
    i % 4 === 3 ? 255 : (i * 37 * seed + (i >> 5) * 11) & 255,
  );
}

const BUTTON: GoldenPicture = {
  name: 'button',
  picture: { width: 24, height: 12, rgba: pattern(24, 12) },
  points: { ok: { x: 3, y: 4 }, cancel: { x: 20, y: 4 } },
};
const OTHER: GoldenPicture = {
  name: 'button@dark',
  picture: { width: 24, height: 12, rgba: pattern(24, 12, 3) },
  points: {},
};

function screenWith(goldens: GoldenPicture[], ...places: { x: number; y: number; of?: GoldenPicture }[]) {
  const clicked: { x: number; y: number }[] = [];
  const machine = new FakeMachine({
    onPointer: (action) => {
      if (action.type === 'moveTo') clicked.push({ x: Math.floor(action.x * WIDTH), y: Math.floor(action.y * HEIGHT) });
    },
  });
  machine.pointerAbsolute = true;
  const draw = (where: typeof places) => {
    const rgba = new Uint8Array(4 * WIDTH * HEIGHT).fill(255);
    for (const { x, y, of = BUTTON } of where) {
      const { width, height } = of.picture;
      for (let row = 0; row < height; row++) {
        rgba.set(of.picture.rgba.subarray(4 * row * width, 4 * (row + 1) * width), 4 * ((y + row) * WIDTH + x));
      }
    }
    machine.content = { kind: 'graphic', width: WIDTH, height: HEIGHT, rgba, mode: '320x200' };
    machine.screenVersion++;
  };
  draw(places);
  const pointer = new GuestPointer(machine);
  const screen = new MachineScreen({ port: machine, pointer, reader: cellReader, goldens: async () => goldens });
  return { machine, screen, clicked, draw };
}

test('a picture is found wherever it is, and its centre is clicked', async () => {
  const { screen, clicked } = screenWith([{ ...BUTTON, points: {} }], { x: 100, y: 50 });
  expect(await screen.getByGolden('button').waitFor()).toEqual({
    name: 'button',
    region: { x: 100, y: 50, width: 24, height: 12 },
    score: 0,
  });
  await screen.getByGolden('button').click();
  expect(clicked).toEqual([{ x: 112, y: 56 }]);
});

test('a click point that the golden names is clicked; one that it does not name is wrong use', async () => {
  const { screen, clicked } = screenWith([BUTTON], { x: 100, y: 50 });
  await screen.getByGolden('button').click({ point: 'cancel' });
  expect(clicked).toEqual([{ x: 120, y: 54 }]);
  const error = await failureOf(screen.getByGolden('button').click({ point: 'help' }));
  expect(error.failure).toMatchObject({ kind: 'usage', code: 'click-point-unknown', expected: 'one of ok, cancel' });
});

test('of several pictures for a name the one that is there is found', async () => {
  const { screen } = screenWith([BUTTON, OTHER], { x: 10, y: 10, of: OTHER });
  expect((await screen.getByGolden('button').waitFor()).name).toBe('button@dark');
});

test('all places come in reading order; the second can be meant; a part can be searched', async () => {
  const { screen } = screenWith([BUTTON], { x: 200, y: 20 }, { x: 10, y: 100 }, { x: 10, y: 20 });
  const places = (await screen.getByGolden('button').all()).map(({ region: { x, y } }) => [x, y]);
  expect(places).toEqual([
    [10, 20],
    [200, 20],
    [10, 100],
  ]);
  expect(await screen.getByGolden('button').nth(2).region()).toMatchObject({ x: 10, y: 100 });
  const right = screen.region({ x: 160, y: 0, width: 160, height: 200 });
  expect((await right.getByGolden('button').all()).map(({ region: { x } }) => x)).toEqual([200]);
});

test('a picture is waited for, and waited for to go', async () => {
  const { machine, screen, draw } = screenWith([BUTTON]);
  machine.at(200, () => draw([{ x: 5, y: 5 }]));
  machine.at(400, () => draw([]));
  const button = screen.getByGolden('button');
  await button.waitFor();
  expect(machine.now).toBe(200);
  expect((await button.waitFor({ state: 'hidden' })).region).toMatchObject({ x: 5, y: 5 });
  expect(machine.now).toBe(400);
});

test('one that is not there is told with the nearest place', async () => {
  const { machine, screen, draw } = screenWith([BUTTON], { x: 100, y: 50 });
  draw([{ x: 100, y: 50 }]);
  if (machine.content.kind === 'graphic') machine.content.rgba[4 * (55 * WIDTH + 110)] = 9;
  screen.forget();
  const error = await failureOf(screen.getByGolden('button').waitFor({ timeout: 0 }));
  expect(error.failure).toMatchObject({ kind: 'assertion', code: 'golden-not-found' });
  expect(error.message).toMatch(/button: the nearest is at x 100, y 50, 24x12, 0\.\d of 255 apart a channel/);
  expect(await screen.getByGolden('button', { tolerance: 1 }).isVisible()).toBe(true);
});

test('a tolerance that cannot be is refused at once', () => {
  const { screen } = screenWith([BUTTON]);
  expect(() => screen.getByGolden('button', { tolerance: 300 })).toThrow(/0 to 255/);
});
