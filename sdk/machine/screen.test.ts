import { expect, test } from 'vitest';
import { GuestPointer } from '../input/pointer.js';
import { failureOf, FakeMachine } from './fake-machine.test.helper.js';
import { cellReader } from '../screen/reader.js';
import { MachineScreen } from './screen.js';

function screenOf(machine = new FakeMachine()) {
  const pointer = new GuestPointer(machine);
  return {
    machine,
    screen: new MachineScreen({ port: machine, pointer, reader: cellReader, goldens: async () => [] }),
    pointer,
  };
}

const GRAPHIC = {
  kind: 'graphic' as const,
  width: 800,
  height: 600,
  rgba: new Uint8Array(800 * 600 * 4),
  mode: '800x600, 32 bpp',
};

test('text() is the rows right-trimmed, without blank rows at the end, and empty on a graphic screen', async () => {
  const { machine, screen } = screenOf();
  machine.show(['GNU GRUB   ', '', 'grub> ']);
  expect(await screen.text()).toBe('GNU GRUB\n\ngrub>');
  machine.content = GRAPHIC;
  screen.forget();
  expect(await screen.text()).toBe('');
});

test('a text is waited for in guest time and told with its place in pixels', async () => {
  const { machine, screen } = screenOf();
  machine.at(400, () => machine.show(['', '  grub> ']));
  const match = await screen.getByText('grub>').waitFor();
  expect(match).toMatchObject({
    text: 'grub>',
    region: { x: 2 * 9, y: 16, width: 5 * 9, height: 16 },
    rung: 'cells',
    confidence: 1,
  });
  expect(machine.now).toBe(400);
  expect(machine.actions.map(({ title }) => title)).toEqual(['Wait for text "grub>"']);
});

test('a text that does not come is told with the nearest miss, the screen and the guest time', async () => {
  const { machine, screen } = screenOf();
  machine.show(['Welcome to GRUB!', '', 'error: no such partition.']);
  const error = await failureOf(screen.getByText('error: no such device').waitFor({ timeout: 500 }));
  expect(error.failure).toMatchObject({ kind: 'assertion', code: 'text-not-found' });
  expect(error.message).toContain('the text "error: no such device" within 500 ms');
  expect(error.message).toContain('the nearest is "error: no such partition." in row 2');
  expect(error.message).toContain('|Welcome to GRUB!');
  expect(error.message).toContain('guest time 500 ms');
});

test('hidden waits for a text to go and gives where it was', async () => {
  const { machine, screen } = screenOf();
  machine.show(['Loading...']);
  machine.at(200, () => machine.show(['done']));
  expect((await screen.getByText('Loading').waitFor({ state: 'hidden' })).region.width).toBe(7 * 9);
  expect(machine.now).toBe(200);
  machine.show(['Loading...']);
  screen.forget();
  const error = await failureOf(screen.getByText('Loading').waitFor({ state: 'hidden' }));
  expect(error.code).toBe('text-still-there');
});

test('a graphic screen on which nothing can be read is said to be one', async () => {
  const { machine, screen } = screenOf();
  machine.content = GRAPHIC;
  const text = screen.getByText('Install');
  for (const call of [() => text.waitFor(), () => text.region()]) {
    expect((await failureOf(call())).message).toContain(
      'The screen is 800x600 pixels in a graphic mode (800x600, 32 bpp): no text could be read on it.',
    );
  }
  expect(await text.all()).toEqual([]);
  expect(await text.isVisible()).toBe(false);
});

test('on a blank screen no text is there: a text to go is gone', async () => {
  const { machine, screen } = screenOf();
  machine.content = { kind: 'blank', width: 720, height: 400 };
  expect(await screen.getByText('x').all()).toEqual([]);
  await screen.getByText('x').waitFor({ state: 'hidden' });
  expect((await failureOf(screen.getByText('x').region())).message).toContain('blank');
});

test('a frame is made once per guest time', async () => {
  const { machine, screen } = screenOf();
  const first = await screen.frame();
  expect(await screen.frame()).toBe(first);
  expect(machine.asked.get('screen')).toBe(1);
  await machine.clock.advance(10);
  expect(await screen.frame()).not.toBe(first);
  expect(first.time).toBe(0);
});

test('click waits for the text and clicks its centre, as one step', async () => {
  const clicked: string[] = [];
  const machine = new FakeMachine({ onPointer: (action) => clicked.push(JSON.stringify(action)) });
  machine.pointerAbsolute = true;
  const { screen } = screenOf(machine);
  machine.at(100, () => machine.show(['', '<OK>']));
  await screen.getByText('<OK>').click();
  expect(clicked[0]).toBe(JSON.stringify({ type: 'moveTo', x: 18.5 / 720, y: 24.5 / 400 }));
  expect(clicked.slice(1).map((action) => (JSON.parse(action) as { left: boolean }).left)).toEqual([true, false]);
  expect(machine.actions.map(({ name }) => name)).toEqual(['screen.getByText.click']);
});

test('waitFor gives the frame for which the check was true, or the screen in words', async () => {
  const { machine, screen } = screenOf();
  machine.at(300, () => machine.show(['a'], { column: 1, row: 0 }));
  const frame = await screen.waitFor('the cursor to move', ({ grid }) => grid?.cursor?.column === 1);
  expect(frame.time).toBe(300);
  const error = await failureOf(screen.waitFor('the moon', () => false, { timeout: 100 }));
  expect(error.failure).toMatchObject({ code: 'screen-timeout', expected: 'the moon within 100 ms' });
  expect(error.message).toContain('|a');
});
