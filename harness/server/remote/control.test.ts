import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Control, type ControlChange } from './control.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const [one, two] = ['7b1f8a52-6f0b-4f3e-9c40-0f6d1a2b3c4d', '7b1f8a52-6f0b-4f3e-9c40-0f6d1a2b3c4e'];

function controlled(idleMs = 0): { control: Control; changes: ControlChange[] } {
  const changes: ControlChange[] = [];
  return { control: new Control({ idleMs, onChange: (change) => changes.push(change) }), changes };
}

test('the first who does something has control, and nobody else until that one has gone', () => {
  const { control, changes } = controlled();
  expect(control.mayUse({ by: 'anna', viewer: one })).toBe(true);
  expect(control.mayUse({ by: 'bert', viewer: two })).toBe(false);
  // The same user in another window looks, too.
  expect(control.mayUse({ by: 'anna', viewer: two })).toBe(false);
  control.left(two);
  expect(control.state.holder).toEqual({ by: 'anna', viewer: one });
  control.left(one);
  expect(control.mayUse({ by: 'bert', viewer: two })).toBe(true);
  expect(changes).toEqual([
    { kind: 'taken', by: 'anna', from: null },
    { kind: 'released', by: 'anna', why: 'left' },
    { kind: 'taken', by: 'bert', from: null },
  ]);
});

test('control is taken from somebody only by force, and it is told from whom', () => {
  const { control, changes } = controlled();
  control.take({ by: 'anna', viewer: null }, { force: false });
  expect(control.mayUse({ by: 'anna', viewer: two })).toBe(true);
  for (const act of [
    () => control.take({ by: 'bert', viewer: one }, { force: false }),
    () => control.release('bert'),
    () => control.assertFree('bert', { force: false }),
    () => control.assertFree(null, { force: false }),
  ])
    expect(act).toThrow('anna has control of the machine');
  control.assertFree('anna', { force: false });
  control.assertFree('bert', { force: true });
  control.take({ by: 'bert', viewer: one }, { force: true });
  expect(control.mayUse({ by: 'anna', viewer: two })).toBe(false);
  expect(changes.at(-1)).toEqual({ kind: 'taken', by: 'bert', from: 'anna' });
});

test('who does nothing for long loses it, counted from what was done last', () => {
  const { control, changes } = controlled(1000);
  control.mayUse({ by: 'anna', viewer: one });
  vi.advanceTimersByTime(900);
  control.mayUse({ by: 'anna', viewer: one });
  vi.advanceTimersByTime(900);
  expect(control.state.holder).not.toBeNull();
  vi.advanceTimersByTime(200);
  expect(control.state).toEqual({ holder: null, since: null });
  expect(changes.at(-1)).toEqual({ kind: 'released', by: 'anna', why: 'idle' });
  control.mayUse({ by: 'bert', viewer: two });
  vi.advanceTimersByTime(1100);
  expect(changes).toHaveLength(4);
});
