import { expect, test } from 'vitest';
import { failureOf, FakeMachine } from '../machine/fake-machine.test.helper.js';
import { SerialConsole } from './console.js';

function port(spec = {}) {
  const machine = new FakeMachine({}, spec);
  return { machine, serial: new SerialConsole(machine, 0) };
}

/** A small deterministic generator, so that a failing cut can be repeated. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

/** Sends bytes in pieces of random sizes, one each step of guest time. */
function sendInPieces(machine: FakeMachine, bytes: Uint8Array, seed: number, largest: number): void {
  const random = numbers(seed);
  let time = machine.now;
  for (let at = 0; at < bytes.length;) {
    const size = 1 + (random.next().value % largest);
    const piece = bytes.slice(at, at + size);
    machine.at((time += 10), () => machine.send(piece));
    at += size;
  }
}

const TRICKY =
  '\u001b[2J\u001b[1;32mroot@host\u001b[0m:~# echo \u00fcml\u00e4ut \u65e5\u672c \u{1f600}\r\n' +
  '\u001b]0;a title\u0007\u00fcml\u00e4ut \u65e5\u672c \u{1f600}\r\n\u001b(B\u001b]P7aabbccdone\r\n$ ';
const PLAIN =
  'root@host:~# echo \u00fcml\u00e4ut \u65e5\u672c \u{1f600}\n\u00fcml\u00e4ut \u65e5\u672c \u{1f600}\ndone\n$ ';

test('text and lines are the same however the output is cut into pieces', async () => {
  const bytes = new TextEncoder().encode(TRICKY);
  for (let seed = 1; seed <= 100; seed++) {
    const { machine, serial } = port();
    sendInPieces(machine, bytes, seed, 1 + (seed % 9));
    for (let asked = 0; asked < bytes.length; asked++) {
      await machine.clock.advance(10);
      if (seed % 2 === 0) await serial.text();
    }
    expect(await serial.text()).toBe(TRICKY);
    expect(await serial.lines()).toEqual(PLAIN.split('\n'));
  }
});

test('a pattern is found across pieces and past escape sequences, at every cut', async () => {
  const bytes = new TextEncoder().encode(TRICKY);
  for (let cut = 1; cut < bytes.length; cut++) {
    for (const pattern of ['root@host:~# echo \u00fcml', /^.*(?<word>\u65e5\u672c) \u{1f600}$/mu]) {
      const { machine, serial } = port();
      machine.at(10, () => machine.send(bytes.slice(0, cut))).at(20, () => machine.send(bytes.slice(cut)));
      const match = await serial.waitFor(pattern);
      expect(match.text).toMatch(/ \u00fcml/);
      if (typeof pattern !== 'string') expect(match.groups).toEqual({ word: '\u65e5\u672c' });
    }
  }
});

test('waitFor looks only at what came after the previous match, and says what lay between', async () => {
  const { machine, serial } = port();
  machine.send('login: a\r\nlogin: b\r\n');
  expect((await serial.waitFor('login: ')).before).toBe('');
  expect((await serial.waitFor('login: ')).before).toBe('a\n');
  machine.at(300, () => machine.send('login: c'));
  expect(await serial.waitFor('login: ')).toEqual({ text: 'login: ', groups: {}, before: 'b\n' });
  expect(machine.now).toBe(300);
});

test('the flags g and y leave no state between calls', async () => {
  const { machine, serial } = port();
  machine.send('x 1 x 2 x 3');
  const pattern = /x (?<n>\d)/gy;
  pattern.lastIndex = 7;
  const found = [];
  for (let i = 0; i < 3; i++) found.push((await serial.waitFor(pattern)).groups['n']);
  expect(found).toEqual(['1', '2', '3']);
  expect(pattern.lastIndex).toBe(7);
});

test('matches that are waited for at once are given in the order of the calls', async () => {
  const { machine, serial } = port();
  machine.at(50, () => machine.send('tick 1\n')).at(90, () => machine.send('tick 2\n'));
  const [first, second] = await Promise.all([serial.waitFor(/tick \d/), serial.waitFor(/tick \d/)]);
  expect([first.text, second.text]).toEqual(['tick 1', 'tick 2']);
});

test('a time-out tells that nothing arrived', async () => {
  const { machine, serial } = port();
  machine.send('ready\n');
  await serial.waitFor('ready\n');
  const error = await failureOf(serial.waitFor('login: ', { timeout: 700 }));
  expect(error.failure).toMatchObject({ kind: 'assertion', code: 'serial-timeout' });
  expect(error.message).toContain('expected: "login: "');
  expect(error.message).toContain('nothing arrived since the previous match');
  expect(error.message).toContain('700 ms');
});

test('a time-out tells that it was not in what arrived, and shows the last 15 lines', async () => {
  const { machine, serial } = port();
  machine.send(Array.from({ length: 40 }, (_, index) => `\u001b[1mline ${index}\u001b[0m\r\n`).join(''));
  const error = await failureOf(serial.waitFor(/never/));
  expect(error.message).toMatch(/\d+ bytes arrived .* and it was not in them/);
  expect(error.message).toContain('(25 lines before)');
  expect(error.message).toContain('line 25');
  expect(error.message).toContain('line 39');
  expect(error.message).not.toContain('line 24');
  expect(error.message).not.toContain('\u001b');
});

test('a pattern with an escape sequence is told why it is never found', async () => {
  const { machine, serial } = port();
  machine.send('\u001b[2Jx');
  expect((await failureOf(serial.waitFor('\u001b[2J'))).message).toContain(
    'escape sequences and carriage returns are removed',
  );
});

test('writing gives the UART no more than its FIFO takes, as fast as guest time goes', async () => {
  const { machine, serial } = port();
  const text = 'a line of some length that does not fit into one FIFO\n\u00fc';
  await serial.write(text);
  const chunks = machine.inputs.map(({ at, input }) => ({ at, data: input.kind === 'serial' ? input.data : [] }));
  expect(new TextDecoder().decode(Uint8Array.from(chunks.flatMap(({ data }) => [...data])))).toBe(text);
  expect(Math.max(...chunks.map(({ data }) => data.length))).toBe(16);
  expect(new Set(chunks.map(({ at }) => at)).size).toBe(chunks.length);
});

test('writes that are made at once do not mix', async () => {
  const { machine, serial } = port();
  await Promise.all([serial.write('a'.repeat(40)), serial.write('b'.repeat(40))]);
  const written = machine.inputs.map(({ input }) =>
    input.kind === 'serial' ? new TextDecoder().decode(input.data) : '',
  );
  expect(written.join('')).toBe('a'.repeat(40) + 'b'.repeat(40));
});

test('a port that the machine does not have is refused with what to change', async () => {
  const { machine } = port({ serial: 1 });
  const error = await failureOf(new SerialConsole(machine, 2).waitFor('x'));
  expect(error.failure).toMatchObject({ kind: 'usage', code: 'serial-port-missing' });
  expect(error.message).toContain('serial: 3');
});

test('after a revert the output of then is read again and matching goes on from there', async () => {
  const { machine, serial } = port();
  machine.send('one\ntwo\n');
  await serial.waitFor('one');
  const state = serial.save();
  await serial.waitFor('two');
  serial.restore(state);
  expect((await serial.waitFor(/t../)).text).toBe('two');
});

test('a secret that is written is in no action and is marked in every input', async () => {
  const { machine, serial } = port();
  await serial.write('hunter2-Tr0ub4dor-and-more\n', { secret: true });
  expect(JSON.stringify(machine.actions)).not.toContain('hunter2');
  expect(machine.inputs.length).toBeGreaterThan(1);
  expect(machine.inputs.every(({ secret }) => secret)).toBe(true);
});
