import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { literal, wordAct, wordScenario } from './word-scenario.js';

test('a recording is a file of TypeScript that runs as it stands', () => {
  const code = wordScenario({
    title: "it's up",
    guest: 'linux',
    machineSpec: { memory: 160 },
    acts: [
      { kind: 'wait', text: 'login:', exact: false, timeout: 60_000 },
      { kind: 'type', text: 'root\n', secret: false },
      { kind: 'type', text: 'hunter2', secret: true },
      { kind: 'press', chord: 'Control+c' },
      { kind: 'off' },
    ],
  });
  expect(code).toBe(`import { expect, test } from 'guestwright';

test.use({ guest: 'linux', machineSpec: { memory: 160 } });

test("it's up", async ({ machine }) => {
  await expect(machine).toShowText('login:', { timeout: 60_000 });
  await machine.keyboard.type('root\\n');
  await machine.keyboard.type(process.env.GUEST_SECRET ?? '', { secret: true });
  await machine.keyboard.press('Control+c');
  await expect(machine).toBePoweredOff();
});
`);
});

test('every act is one line', () => {
  const lines = [
    wordAct({ kind: 'click-text', text: 'OK', nth: 1 }),
    wordAct({ kind: 'click', x: 3, y: 4, button: 'right', count: 2 }),
    wordAct({ kind: 'drag', from: { x: 1, y: 2 }, to: { x: 3, y: 4 } }),
    wordAct({ kind: 'golden', name: 'menu', clip: { x: 0, y: 16, width: 9, height: 16 }, masks: [] }),
    wordAct({ kind: 'expect', text: 'a\nb', exact: true, timeout: null }),
  ];
  expect(lines).toEqual([
    "await machine.screen.getByText('OK').nth(1).click();",
    "await machine.pointer.click(3, 4, { button: 'right', count: 2 });",
    'await machine.pointer.drag({ x: 1, y: 2 }, { x: 3, y: 4 });',
    "await expect(machine).toMatchGolden('menu', { clip: { x: 0, y: 16, width: 9, height: 16 } });",
    "await expect(machine).toShowText('a\\nb', { exact: true });",
  ]);
});

test('whatever a guest prints stays inside of its string', () => {
  for (const text of ["'); process.exit(1); ('", '`${x}`', 'a\\', '\u2028\u001b[31m\u0000', '</script>\r\n']) {
    const words = literal(text);
    expect(words).not.toMatch(/[\p{Cc}\u2028]/u);
    expect(runInNewContext(words)).toBe(text);
  }
});
