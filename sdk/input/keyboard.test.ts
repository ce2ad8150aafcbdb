import { expect, test } from 'vitest';
import { failureOf, FakeMachine } from '../machine/fake-machine.test.helper.js';
import { GuestKeyboard, KEY_SPACING } from './keyboard.js';
import { layoutNamed } from './layout.js';

/** A guest that writes down what a US keyboard's driver would read, one entry a key press. */
function typist(setup: (machine: FakeMachine) => void = () => undefined) {
  const held = new Set<string>();
  const read: string[] = [];
  const machine: FakeMachine = new FakeMachine({
    onKey: (code, down) => {
      if (!down) return void held.delete(code);
      held.add(code);
      const shift = held.has('ShiftLeft');
      for (const [character, key] of layoutNamed('us').keys) {
        if (key.code === code && (key.shift ?? false) === shift) read.push(character);
      }
      if (code === 'Enter') read.push('\n');
    },
  });
  setup(machine);
  return { machine, keyboard: new GuestKeyboard(machine), read, held };
}

const codes = (machine: FakeMachine) =>
  machine.inputs.map(({ input }) => (input.kind === 'key' ? `${input.down ? '+' : '-'}${input.code}` : input.kind));

test('a guest reads exactly the text that was typed', async () => {
  const { machine, keyboard, read, held } = typist();
  const text = 'The "quick" {brown} fox_jumps | over ~99% of the $lazy <dogs>!\n';
  await keyboard.type(text);
  expect(read.join('')).toBe(text);
  expect([...held]).toEqual([]);
  expect(machine.pendingKeys).toBe(0);
  expect(machine.actions).toEqual([{ name: 'keyboard.type', title: `Type ${JSON.stringify(text)}`, params: { text } }]);
});

test('a guest that reads its keyboard only now and then gets every key, in order', async () => {
  const { machine, keyboard, read } = typist((fake) => {
    fake.readsKeyboard = false;
    for (let ms = 300; ms < 20_000; ms += 300) {
      fake.at(ms, () => (fake.readsKeyboard = true)).at(ms + 10, () => (fake.readsKeyboard = false));
    }
  });
  await keyboard.type('slow but sure');
  expect(read.join('')).toBe('slow but sure');
  expect(machine.now).toBeGreaterThan(13 * 290);
});

test('keys are at least the default spacing apart, and delay adds to it', async () => {
  const pressed = async (delay?: number) => {
    const { machine, keyboard } = typist();
    await keyboard.type('abc', delay === undefined ? {} : { delay });
    return machine.inputs.flatMap(({ at, input }) => (input.kind === 'key' && input.down ? [at] : []));
  };
  const gaps = (times: number[]) => times.slice(1).map((time, index) => time - (times[index] ?? 0));
  for (const gap of gaps(await pressed())) expect(gap).toBeGreaterThanOrEqual(KEY_SPACING);
  for (const gap of gaps(await pressed(200))) expect(gap).toBeGreaterThanOrEqual(KEY_SPACING + 200);
});

test('a chord goes down in order and up in reverse', async () => {
  const { machine, keyboard } = typist();
  await keyboard.press('Control+Alt+Delete');
  expect(codes(machine)).toEqual(['+ControlLeft', '+AltLeft', '+Delete', '-Delete', '-AltLeft', '-ControlLeft']);
});

test('press with a delay holds the keys for that long', async () => {
  const { machine, keyboard } = typist();
  await keyboard.press('ArrowDown', { delay: 500 });
  const [down, up] = machine.inputs;
  expect((up?.at ?? 0) - (down?.at ?? 0)).toBeGreaterThanOrEqual(500);
});

test('a modifier that the scenario holds is neither pressed again nor released by typing', async () => {
  const { machine, keyboard } = typist();
  await keyboard.down('Shift');
  await keyboard.type('A');
  await keyboard.up('Shift');
  expect(codes(machine)).toEqual(['+ShiftLeft', '+KeyA', '-KeyA', '-ShiftLeft']);
});

test('texts that are typed at once arrive one after the other', async () => {
  const { keyboard, read } = typist();
  await Promise.all([keyboard.type('first '), keyboard.type('second '), keyboard.type('third')]);
  expect(read.join('')).toBe('first second third');
});

test('typing waits until the guest has enabled its keyboard', async () => {
  const { machine, keyboard, read } = typist((fake) => {
    fake.keyboardEnabled = false;
    fake.at(2500, () => (fake.keyboardEnabled = true));
  });
  await keyboard.type('hi');
  expect(read.join('')).toBe('hi');
  expect(machine.inputs[0]?.at).toBe(2500);
});

test('a keyboard that is never enabled is told after the boot time-out', async () => {
  const { machine, keyboard } = typist((fake) => (fake.keyboardEnabled = false));
  const { failure } = await failureOf(keyboard.press('Enter'));
  expect(failure).toMatchObject({ kind: 'guest', code: 'keyboard-not-enabled' });
  expect(machine.now).toBe(machine.timeouts.boot);
  expect(machine.inputs).toEqual([]);
});

test('a guest that stops reading is told with how many keys it took and what remains', async () => {
  let taken = 0;
  const machine: FakeMachine = new FakeMachine({
    onKey: (_code, down) => {
      if (down && ++taken === 4) machine.readsKeyboard = false;
    },
  });
  const error = await failureOf(new GuestKeyboard(machine).type('abcdefgh'));
  expect(error.failure).toMatchObject({ kind: 'guest', code: 'keyboard-not-read' });
  expect(error.message).toContain('4 of 8 keystrokes taken');
  expect(error.message).toContain('not taken: "efgh"');
});

test('a secret is in no action, no error and is marked in every input', async () => {
  const { machine, keyboard } = typist((fake) => fake.at(150, () => (fake.readsKeyboard = false)));
  const error = await failureOf(keyboard.type('hunter2-Tr0ub4dor', { secret: true }));
  const told = error.message + JSON.stringify([error.failure, machine.actions]);
  expect(told).not.toMatch(/hunter|Tr0ub|dor|4d/);
  expect(machine.actions[0]?.title).toBe('Type a secret');
  expect(machine.inputs.length).toBeGreaterThan(0);
  expect(machine.inputs.every(({ secret }) => secret)).toBe(true);
});

test('a character that the layout lacks is refused before anything is typed', async () => {
  const { machine, keyboard } = typist();
  const error = await failureOf(keyboard.type('caf\u00e9'));
  expect(error.failure).toMatchObject({ kind: 'usage', code: 'character-not-on-layout' });
  expect(error.message).toContain('"\u00e9" (U+00E9) at position 4');
  expect(error.message).toContain('layout "us"');
  expect(machine.inputs).toEqual([]);
  const secret = await failureOf(keyboard.type('caf\u00e9', { secret: true }));
  expect(secret.message).not.toContain('\u00e9');
  expect(secret.message).not.toContain('00E9');
});

test('modifiers are released even when the machine fails in the middle of a chord', async () => {
  const { machine, keyboard } = typist();
  const input = machine.input.bind(machine);
  machine.input = async (given, options) => {
    if (given.kind === 'key' && given.code === 'Delete') throw new Error('the engine hiccuped');
    return await input(given, options);
  };
  await expect(keyboard.press('Control+Alt+Delete')).rejects.toThrow('the engine hiccuped');
  expect(codes(machine)).toEqual(['+ControlLeft', '+AltLeft', '-AltLeft', '-ControlLeft']);
});

test('a key that switches the machine off is no error, typing on after it is', async () => {
  const { machine, keyboard } = typist();
  machine.guest.onKey = (code) => {
    if (code === 'F4') machine.power = 'off';
  };
  await keyboard.press('Alt+F4');
  expect((await failureOf(keyboard.type('more'))).code).toBe('powered-off');
});

test('down and up take one key', async () => {
  const { keyboard } = typist();
  expect((await failureOf(keyboard.down('Control+c'))).code).toBe('not-one-key');
});
