import { expect, test } from 'vitest';
import { failureOf, FakeMachine } from '../machine/fake-machine.test.helper.js';
import { GuestPointer } from './pointer.js';

/** A guest that follows its mouse on a 720x400 screen, one pixel a count, stopping at the edges. */
function desktop() {
  const at = { x: 311, y: 57 };
  const log: string[] = [];
  const packets: number[] = [];
  const machine = new FakeMachine({
    onPointer: (action) => {
      if (action.type === 'move') {
        at.x = Math.min(719, Math.max(0, at.x + action.dx));
        at.y = Math.min(399, Math.max(0, at.y + action.dy));
        packets.push(Math.abs(action.dx), Math.abs(action.dy));
      }
      if (action.type === 'moveTo') Object.assign(at, { x: Math.floor(action.x * 720), y: Math.floor(action.y * 400) });
      if (action.type === 'wheel') log.push(`wheel ${action.dy}`);
      if (action.type === 'buttons') {
        const down = (['left', 'middle', 'right'] as const).filter((button) => action[button]);
        log.push(`${down.join('+') || 'none'} at ${at.x},${at.y}`);
      }
    },
  });
  return { machine, pointer: new GuestPointer(machine), at, log, packets };
}

test('a relative pointer gets where it should from wherever it was, in packets that the device can send', async () => {
  const { pointer, at, packets } = desktop();
  for (const [x, y] of [
    [700, 390],
    [3, 380],
    [0, 0],
    [719, 0],
    [360, 200],
  ] as const) {
    await pointer.move(x, y);
    expect(at).toEqual({ x, y });
  }
  expect(Math.max(...packets)).toBeLessThanOrEqual(127);
});

test('an absolute pointer hits every pixel exactly', async () => {
  const { machine, pointer, at } = desktop();
  machine.pointerAbsolute = true;
  for (let x = 0; x < 720; x += 7) {
    await pointer.move(x, (x * 3) % 400);
    expect(at).toEqual({ x, y: (x * 3) % 400 });
  }
});

test('click moves, presses and releases; a double click does so twice', async () => {
  const { pointer, log, machine } = desktop();
  await pointer.click(100, 50, { button: 'right' });
  await pointer.click(10, 20, { count: 2 });
  const twice = ['left at 10,20', 'none at 10,20'];
  expect(log).toEqual(['right at 100,50', 'none at 100,50', ...twice, ...twice]);
  expect(machine.actions.map(({ name }) => name)).toEqual(['pointer.click', 'pointer.click']);
});

test('drag holds the button from one place to the other', async () => {
  const { pointer, log, packets } = desktop();
  await pointer.move(10, 10);
  packets.length = 0;
  await pointer.drag({ x: 10, y: 10 }, { x: 90, y: 60 });
  expect(log).toEqual(['left at 10,10', 'none at 90,60']);
  expect(packets.length / 2).toBeGreaterThanOrEqual(8);
});

test('the wheel turns notch by notch', async () => {
  const { pointer, log } = desktop();
  await pointer.wheel(2);
  await pointer.wheel(-1);
  expect(log).toEqual(['wheel 1', 'wheel 1', 'wheel -1']);
});

test('down and up keep other buttons as they are', async () => {
  const { pointer, log } = desktop();
  await pointer.down('left');
  await pointer.down('right');
  await pointer.up('left');
  expect(log.map((entry) => entry.split(' ')[0])).toEqual(['left', 'left+right', 'right']);
});

test('a point outside the screen is refused with its size', async () => {
  const { pointer, machine } = desktop();
  const error = await failureOf(pointer.move(720, 10));
  expect(error.failure).toMatchObject({ kind: 'usage', code: 'pointer-outside-screen' });
  expect(error.message).toContain('x from 0 to 719 and y from 0 to 399');
  expect(machine.inputs).toEqual([]);
});

test('a guest without a mouse driver is told', async () => {
  const { pointer, machine } = desktop();
  machine.pointerEnabled = false;
  expect((await failureOf(pointer.click(1, 1))).failure).toMatchObject({ kind: 'guest', code: 'pointer-not-enabled' });
  machine.pointerEnabled = true;
  machine.readsPointer = false;
  expect((await failureOf(pointer.click(1, 1))).failure).toMatchObject({ kind: 'guest', code: 'pointer-not-read' });
});

test('a failing drag lets go of the button', async () => {
  const { pointer, machine, log } = desktop();
  const advance = machine.clock.advance.bind(machine.clock);
  let calls = 0;
  machine.clock.advance = async (ms) => {
    if (ms === 50 && ++calls === 2) throw new Error('stopped');
    await advance(ms);
  };
  await expect(pointer.drag({ x: 1, y: 1 }, { x: 50, y: 50 })).rejects.toThrow('stopped');
  expect(log.at(-1)).toBe('none at 50,50');
});
