import { expect, test } from 'vitest';
import { failureOf, FakeMachine } from '../machine/fake-machine.test.helper.js';
import { GuestKeyboard, KEY_SPACING } from './keyboard.js';

function typist() {
  const machine: FakeMachine = new FakeMachine();
  return { machine, keyboard: new GuestKeyboard(machine) };
}

/** `+ShiftLeft`, `-KeyA`. */
const codes = (machine: FakeMachine) =>
  machine.inputs.map(({ input }) => (input.kind === 'key' ? `${input.down ? '+' : '-'}${input.code}` : input.kind));

/** Guest times of the presses of a key. */
const pressesOf = (machine: FakeMachine, code: string) =>
  machine.inputs.flatMap(({ at, input }) => (input.kind === 'key' && input.down && input.code === code ? [at] : []));

test('keys, text and held keys reach the guest in order, as one step of a report', async () => {
  const { machine, keyboard } = typist();
  await keyboard.run('<esc>aB<leftCtrlOn>c<leftCtrlOff><xOn><xOff>');
  expect(codes(machine)).toEqual([
    ...['+Escape', '-Escape', '+KeyA', '-KeyA', '+ShiftLeft', '+KeyB', '-KeyB', '-ShiftLeft'],
    ...['+ControlLeft', '+KeyC', '-KeyC', '-ControlLeft', '+KeyX', '-KeyX'],
  ]);
  const command = '<esc>aB<leftCtrlOn>c<leftCtrlOff><xOn><xOff>';
  expect(machine.actions).toEqual([
    { name: 'keyboard.run', title: `Run the boot command "${command}"`, params: { command, variables: {} } },
  ]);
});

test('pieces are one command, and variables are typed as they are', async () => {
  const { machine, keyboard } = typist();
  await keyboard.run(['a{{ .x', ' }}<en', 'ter>'], { variables: { x: 'b' } });
  expect(codes(machine).filter((code) => code.startsWith('+'))).toEqual(['+KeyA', '+KeyB', '+Enter']);
});

test('waits are guest time', async () => {
  const { machine, keyboard } = typist();
  await keyboard.run('a<wait>b<wait1m30s>c<wait0>d');
  const [a = 0, b = 0, c = 0, d = 0] = ['KeyA', 'KeyB', 'KeyC', 'KeyD'].flatMap((code) => pressesOf(machine, code));
  expect(b - a).toBeGreaterThanOrEqual(1000);
  expect(b - a).toBeLessThan(1100);
  expect(c - b).toBeGreaterThanOrEqual(90_000);
  expect(d - c).toBeLessThan(100);
});

test('keys are paced, and delay adds to it', async () => {
  const gap = async (delay: number) => {
    const { machine, keyboard } = typist();
    await keyboard.run('<up>a<up>', { delay });
    const [first = 0, second = 0] = pressesOf(machine, 'ArrowUp');
    return second - first;
  };
  expect(await gap(0)).toBeGreaterThanOrEqual(2 * KEY_SPACING);
  expect(await gap(200)).toBeGreaterThanOrEqual(2 * (KEY_SPACING + 200));
});

test('what it waits for is on the screen before the next key is pressed', async () => {
  const { machine, keyboard } = typist();
  machine.at(700, () => machine.show(['boot: ']));
  await keyboard.run('<waitText "^boot: ?$">x');
  expect(pressesOf(machine, 'KeyX')[0]).toBeGreaterThanOrEqual(700);
});

test('it waits for a screen that stands still', async () => {
  const { machine, keyboard } = typist();
  for (let ms = 100; ms <= 900; ms += 100) {
    machine.at(ms, () => {
      const rgba = new Uint8Array(80 * 60 * 4).fill(ms / 10);
      machine.content = { kind: 'graphic', width: 80, height: 60, rgba, mode: '80x60, 32 bpp' };
      machine.screenVersion++;
    });
  }
  await keyboard.run('<waitStable 5s>x');
  expect(pressesOf(machine, 'KeyX')[0]).toBeGreaterThanOrEqual(1400);
});

test('a text that does not come is told with the place in the command, within the time-out given', async () => {
  const { machine, keyboard } = typist();
  machine.show(['login: ']);
  const error = await failureOf(keyboard.run('<up><waitText "logon:" 2s><enter>'));
  expect(error.failure).toMatchObject({ kind: 'assertion', code: 'text-not-found' });
  expect(error.message).toContain('column 5 of the boot command, <waitText "logon:" 2s>');
  expect(error.message).toContain('login:');
  expect(machine.now).toBeLessThan(2200);
  expect(pressesOf(machine, 'Enter')).toEqual([]);
});

test('a failure releases what the command holds, and nothing else', async () => {
  const { machine, keyboard } = typist();
  await keyboard.down('Alt');
  await failureOf(keyboard.run('<leftCtrlOn><leftShiftOn><leftAltOn><waitText "never" 1s>'));
  expect(codes(machine).slice(-2)).toEqual(['-ShiftLeft', '-ControlLeft']);
  expect(keyboard.save().held).toEqual(['AltLeft']);
});

test('what a whole command holds stays held, as with down()', async () => {
  const { keyboard } = typist();
  await keyboard.run('<leftShiftOn>');
  expect(keyboard.save().held).toEqual(['ShiftLeft']);
  await keyboard.run('<leftShiftOff>');
  expect(keyboard.save().held).toEqual([]);
});

test('a command with a mistake, or a character that cannot be typed, is refused before its first key', async () => {
  const { machine, keyboard } = typist();
  const error = await failureOf(keyboard.run('abc<entr>'));
  expect(error.failure).toMatchObject({ kind: 'usage', code: 'boot-command-invalid', seen: '<entr>' });
  expect(error.message).toContain('not valid at column 4');
  expect(error.message).toContain('did you mean enter');
  expect((await failureOf(keyboard.run('<up>\u00e9'))).code).toBe('character-not-on-layout');
  expect(machine.inputs).toEqual([]);
});

test('a secret command is in no action, no error and is marked in every input', async () => {
  const { machine, keyboard } = typist();
  const errors = [
    await failureOf(keyboard.run('hunter2<enter><waitText "never-hunter2" 1s>', { secret: true })),
    await failureOf(keyboard.run('hunter2<entr-hunter><hunter>', { secret: true })),
    await failureOf(keyboard.run('hunter2{{ .hunter3 }}', { secret: true, variables: { Password: 'hunter2' } })),
  ];
  machine.readsKeyboard = false;
  errors.push(await failureOf(keyboard.run('<xOn>hunter2', { secret: true })));
  const told = errors.map((error) => `${error.message}${String(error.cause)}${JSON.stringify(error.failure)}`).join();
  expect(told + JSON.stringify(machine.actions)).not.toMatch(/hunter|KeyX/);
  expect(machine.inputs.length).toBeGreaterThan(16);
  expect(machine.inputs.every(({ secret }) => secret)).toBe(true);
});

test('another call on the keyboard waits until the whole command is done', async () => {
  const { machine, keyboard } = typist();
  await Promise.all([keyboard.run('a<wait>b'), keyboard.type('c')]);
  expect(codes(machine).filter((code) => code.startsWith('+'))).toEqual(['+KeyA', '+KeyB', '+KeyC']);
});
