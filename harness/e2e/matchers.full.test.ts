/** What the matchers for parts, places and movement say, read from a real run. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeProject, noted as notedIn, said as saidIn, type Project, type RunResult } from './project.js';
import { echoingGuest, tickingGuest } from './tiny-guests.js';

const SCENARIO = `
import { expect, test } from 'guestwright';

test.describe('a guest that echoes', () => {
  test.use({ machineSpec: { floppy: 'echo.img' } });
  test('cuts a golden', async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    const at = await machine.screen.getByText('READY').region();
    await expect(machine.screen).toContainGolden('ready', { at });
  });
  test('finds the golden', async ({ machine }) => {
    await expect(machine.screen).toContainGolden('ready');
    const { region } = await machine.screen.getByText('READY').waitFor();
    expect(await machine.screen.getByGolden('ready').region()).toEqual(region);
    await expect(machine.screen).toContainGolden('ready', { at: { ...region, x: region.x + 3 }, margin: 4 });
    await expect(machine.screen).not.toContainGolden('ready', { at: { ...region, x: region.x + 9 }, timeout: 0 });
    await expect(machine.screen).toBeStable();
    const before = await machine.screen.frame();
    await machine.keyboard.type('z');
    await expect(machine.screen).toHaveChanged({ since: before });
    let which = '';
    await expect(machine.screen).toShowOneOf({ a: 'aaa', z: /^z/, ready: machine.screen.getByGolden('ready') }, { then: (name) => (which = name) });
    expect(which).toBe('z');
    expect(await machine.screen.waitForOneOf({ a: 'aaa', ready: machine.screen.getByGolden('ready') })).toBe('ready');
    const place = machine.screen.region({ ...region, height: 32 });
    await expect(place).toShowText('READY');
    await expect(place).not.toHaveChanged({ timeout: 0 });
    await expect(machine.screen.region().near(machine.screen.getByText('READY'), { margin: 20 })).toShowText('z');
  });
  test('golden still there', async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    await expect(machine.screen).not.toContainGolden('ready', { timeout: 500 });
  });
  test('no such golden', async ({ machine }) => {
    await expect(machine.screen).toContainGolden('nothing');
  });
  test('no such golden to click', async ({ machine }) => {
    await machine.screen.getByGolden('nothing').click();
  });
  test('stands still', async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    await expect(machine.screen).not.toBeStable();
  });
  test('unchanged', async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    await expect(machine.screen).toHaveChanged({ timeout: 500 });
  });
  test('changed', async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    const since = await machine.screen.frame();
    await machine.keyboard.type('z');
    await expect(machine.screen).toShowText(/^z/);
    await expect(machine.screen).not.toHaveChanged({ since, timeout: 500 });
  });
  test('none shown', async ({ machine }) => {
    await expect(machine.screen).toShowOneOf({ login: 'login:', panic: /panic/ }, { timeout: 500 });
  });
  test('one still shown', async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    await expect(machine.screen).not.toShowOneOf({ login: 'login:', ready: 'READY' }, { timeout: 500 });
  });
  test('invariant broken', async ({ machine }) => {
    machine.always((screen) => screen.not.toShowText('panic'));
    await expect(machine.screen).toShowText('READY');
    await machine.keyboard.type('panic');
    await expect(machine).toHaveSerialOutput('never', { timeout: 20_000 });
  });
  test('not in that part', async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    await expect(machine.screen.region({ x: 360, y: 0, width: 360, height: 400 })).toShowText('READY', { timeout: 500 });
  });
});

test.describe('a guest that says something else', () => {
  test.use({ machineSpec: { floppy: 'other.img' } });
  test('golden not there', async ({ machine }) => {
    await expect(machine.screen).toShowText('HELLO');
    await expect(machine.screen).toContainGolden('ready', { timeout: 500 });
  });
});

test.describe('a guest that ticks', () => {
  test.use({ machineSpec: { floppy: 'tick.img' } });
  test('restless', async ({ machine }) => {
    await expect(machine.screen).not.toBeStable({ for: 1000 });
    await expect(machine.screen).toBeStable({ timeout: 3_000 });
  });
});
`;

let project: Project;
let result: RunResult;

beforeAll(async () => {
  project = await makeProject({
    'scenarios/matchers.spec.ts': SCENARIO,
    'echo.img': echoingGuest(),
    'other.img': echoingGuest('HELLO'),
    'tick.img': tickingGuest(),
  });
  result = await project.run();
});
afterAll(async () => await project[Symbol.asyncDispose]());

const said = (title: string) => saidIn(result, title);
const noted = (title: string) => notedIn(result, title);

test('a part of the screen becomes a golden, which fails its test once and is then found', () => {
  expect(said('cuts a golden')).toContain('ready.png did not exist; it has been written');
  expect(noted('cuts a golden')).toMatchObject({ kind: 'assertion', code: 'golden-written' });
  expect(result.output).toMatch(/✓ .*finds the golden/);
});

test('a golden that is not on the screen: the nearest place, and the screen', () => {
  const words = said('golden not there');
  expect(words).toContain('tiny does not show the golden "ready"');
  expect(words).toMatch(/seen: +ready: the nearest is at x \d+, y \d+, 45x16, [\d.]+ of 255 apart a channel/);
  expect(words).toMatch(/\|HELLO +\|/);
  expect(noted('golden not there')).toMatchObject({ kind: 'assertion', code: 'golden-not-shown' });
});

test('a golden that should be gone', () => {
  expect(said('golden still there')).toContain('tiny still shows the golden "ready"');
  expect(said('golden still there')).toMatch(/seen: +ready: found at x 0, y \d+, 45x16/);
  expect(noted('golden still there')).toMatchObject({ code: 'golden-still-shown' });
});

test('a golden that does not exist says how to make it', () => {
  expect(said('no such golden')).toMatch(/next: +say where on the screen it is, \{ at: \{ x, y, width, height \} \}/);
  expect(noted('no such golden')).toMatchObject({ code: 'golden-missing' });
  expect(said('no such golden to click')).toContain('There is no golden "nothing" to look for');
  expect(noted('no such golden to click')).toMatchObject({ code: 'golden-missing' });
});

test('a screen that never stands still, and one that does', () => {
  expect(said('restless')).toContain('The screen of tiny never stood still');
  expect(said('restless')).toMatch(/expected: 500 ms without a change within 3\.00 s of guest time/);
  expect(noted('restless')).toMatchObject({ kind: 'assertion', code: 'screen-restless' });
  expect(said('stands still')).toContain('The screen of tiny stands still');
  expect(noted('stands still')).toMatchObject({ code: 'screen-still' });
});

test('a screen that should change, and one that should not', () => {
  expect(said('unchanged')).toContain('machine.screen has not changed');
  expect(noted('unchanged')).toMatchObject({ code: 'screen-unchanged' });
  expect(said('changed')).toContain('machine.screen looks otherwise than before');
  expect(noted('changed')).toMatchObject({ code: 'screen-changed' });
});

test('none of several things, or one too many', () => {
  expect(said('none shown')).toContain('tiny shows none of login ("login:"), panic (/panic/)');
  expect(noted('none shown')).toMatchObject({ code: 'none-shown' });
  expect(said('one still shown')).toContain('tiny still shows ready');
  expect(noted('one still shown')).toMatchObject({ code: 'one-still-shown' });
});

test('an invariant that breaks ends whatever is waited for', () => {
  const words = said('invariant broken');
  expect(words).toContain('The screen shows "panic", against machine.always');
  expect(words).toMatch(/\|panic +\|/);
  expect(noted('invariant broken')).toMatchObject({ kind: 'assertion', code: 'invariant-broken' });
});

test('a text that is elsewhere is told as the nearest miss', () => {
  const words = said('not in that part');
  expect(words).toContain('expect(machine.screen.region(x 360, y 0, 360x400)).toShowText("READY") failed');
  expect(words).toMatch(/nearest miss: "READY" in row \d+, but not where, or not in the colours, it was asked for/);
  expect(words).toMatch(/\^{5} nearest miss/);
});
