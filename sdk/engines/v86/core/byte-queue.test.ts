import { expect, test } from 'vitest';
import { ByteQueue, ownQueues } from './byte-queue.js';

test('bytes come out in the order in which they went in, also over the end of the ring', () => {
  const queue = new ByteQueue(4);
  expect([queue.peek(), queue.shift()]).toEqual([-1, -1]);
  const out: number[] = [];
  for (let byte = 1; byte <= 6; byte++) {
    queue.push(byte);
    queue.push(byte + 100);
    expect(queue.peek()).toBe(byte);
    out.push(queue.shift(), queue.shift());
  }
  expect(out).toEqual([1, 101, 2, 102, 3, 103, 4, 104, 5, 105, 6, 106]);
  expect(queue.length).toBe(0);
});

test('a controller that was reset has the same queues, with nothing in them', () => {
  const fresh = (): { kbd_buffer: { length: number }; mouse_buffer: { length: number } } => ({
    kbd_buffer: { length: 0 },
    mouse_buffer: { length: 0 },
  });
  const ps2 = { ...fresh(), reset: (): void => void Object.assign(ps2, fresh()) };
  ownQueues(ps2);
  const { kbd_buffer: keys, mouse_buffer: mouse } = ps2;
  if (!(keys instanceof ByteQueue)) throw new Error('a queue of v86');
  keys.push(1);
  ps2.reset();
  expect(ps2.kbd_buffer).toBe(keys);
  expect(ps2.mouse_buffer).toBe(mouse);
  expect(keys.length).toBe(0);
});
