/** Shares of the processors: refused with the numbers, and kept by niceness where there are no control groups. */
import { spawn } from 'node:child_process';
import { getPriority } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { assertReservable, CpuControl } from './cpu-control.js';

test('no more is reserved than there is', () => {
  const using = [
    { name: 'web', percent: 60 },
    { name: 'db', percent: 30 },
  ];
  assertReservable({ name: 'new', percent: 10 }, using);
  assertReservable({ name: 'new', percent: 0 }, [{ name: 'web', percent: 100 }]);
  expect(() => assertReservable({ name: 'new', percent: 11 }, using)).toThrow(
    /10 % at most[^]*11 %; reserved: web 60 %, db 30 %/,
  );
});

test('without control groups a weight is a niceness, and a cap is refused', () => {
  const control = new CpuControl('/nowhere', null);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { pid = 0 } = child;
  control.apply('x', pid, { weight: 33, cap: null, reservation: 0 });
  expect([control.mechanism, getPriority(pid)]).toEqual(['niceness', 5]);
  expect(() => control.assertCan('web', { weight: 100, cap: 50, reservation: 0 })).toThrow(/cap of web cannot be kept/);
  control.assertCan('web', { weight: 100, cap: null, reservation: 0 });
});
