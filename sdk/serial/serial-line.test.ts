/** A command that is talked with, next to something that writes to the same port. */
import { expect, test } from 'vitest';
import { FakeMachine, failureOf } from '../machine/fake-machine.test.helper.js';
import { SerialConsole } from './console.js';
import { SerialLine } from './serial-line.js';

const TIMEOUT = 1000;

function lineWith(before = '') {
  const machine = new FakeMachine();
  machine.send(before);
  const line = new SerialLine(machine, new SerialConsole(machine, 0), { at: before.length, before });
  return { machine, line };
}

test('lines that are not of the command are passed over', async () => {
  const { machine, line } = lineWith('[ 1.0] usb 1-1: new device\r\n');
  machine.at(50, () => machine.send('[ 2.0] eth0: link is up\r\nGW-go'));
  machine.at(900, () => machine.send(' 17\r\nrest'));
  expect((await line.matching(/^GW-go (\d+)$/, TIMEOUT))[1]).toBe('17');
});

test('bytes up to a mark, which the bytes may hold, too', async () => {
  const { machine, line } = lineWith();
  const mark = new TextEncoder().encode('\nMARK\n');
  machine.send('a\nMARK\nb\nMARK\nGW-end\n');
  expect(new TextDecoder().decode(await line.upTo(mark, 8, TIMEOUT))).toBe('a\nMARK\nb');
  expect((await line.matching(/GW-(.*)/, TIMEOUT))[1]).toBe('end');
});

test('a command that goes silent is told, without what would steer a terminal', async () => {
  const { machine, line } = lineWith();
  machine.send('\u001b[31mhalf a line');
  const error = await failureOf(line.matching(/GW/, TIMEOUT));
  expect([error.kind, error.code]).toEqual(['guest', 'shell-went-silent']);
  expect(error.failure.seen).toBe('only:\nhalf a line');
});

test.each([
  ['lines', `${'y'.repeat(99_999)}\n`],
  ['one line', 'y'.repeat(100_000)],
])('a guest that writes %s without end is not listened to without end', async (_what, text) => {
  const mark = new TextEncoder().encode('\nMARK\n');
  for (const listen of [
    async (line: SerialLine) => line.matching(/GW/, TIMEOUT),
    async (line: SerialLine) => line.upTo(mark, 10, TIMEOUT),
  ]) {
    const { machine, line } = lineWith();
    machine.send(text.repeat(11));
    expect((await failureOf(listen(line))).code).toBe('shell-too-noisy');
  }
});
