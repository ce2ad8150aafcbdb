import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProject, noted as notedIn, said as saidIn, type Project, type RunResult } from './project.js';
import { crashingGuest, haltingGuest, idlingGuest, poweringOffGuest } from './tiny-guests.js';

/** One run of a scenario for each way to fail; the tests read what it printed and what it noted. */
const SCENARIO = `
import { expect, test } from 'guestwright';

test.describe('a guest that idles', () => {
  test.use({ machineSpec: { floppy: 'idle.img' } });
  test('wrong expectation', async ({ machine }) => {
    await expect(machine.screen).toShowText('REEDY', { timeout: 5_000 });
  });
  test('wrong negation', async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    await expect(machine.screen).not.toShowText('READY', { timeout: 1_000 });
  });
  test('no serial output', async ({ machine }) => {
    await expect(machine).toHaveSerialOutput(/login:/, { timeout: 2_000 });
  });
  test('still on', async ({ machine }) => {
    await expect(machine).toBePoweredOff({ timeout: 2_000 });
  });
  test('an action that fails', async ({ machine }) => {
    await machine.screen.getByText('never').waitFor({ timeout: 1_000 });
  });
});

test.describe('a guest that powers off', () => {
  test.use({ machineSpec: { floppy: 'off.img' } });
  test('unexpected power-off', async ({ machine }) => {
    await expect(machine.screen).toShowText('more');
  });
  test('expected power-off', async ({ machine }) => {
    await expect(machine).toBePoweredOff();
  });
});

test.describe('a guest that halts', () => {
  test.use({ machineSpec: { floppy: 'halt.img' } });
  test('unexpected halt', async ({ machine }) => {
    await expect(machine.screen).toShowText('more');
  });
  test('halt and no power-off', async ({ machine }) => {
    await expect(machine).toBePoweredOff();
  });
});

test.describe('a guest that crashes', () => {
  test.use({ machineSpec: { floppy: 'crash.img' } });
  test('unexpected crash', async ({ machine }) => {
    await expect(machine.screen).toShowText('more');
  });
});

test.describe('a missing file', () => {
  test.use({ machineSpec: { floppy: 'nowhere.img' } });
  test('missing image', async ({ machine }) => {
    await machine.clock.advance(1);
  });
});

test.describe('a name that is not in the catalogue', () => {
  test.use({ machineSpec: { floppy: 'grub-resque:floppy' } });
  test('unknown image', async ({ machine }) => {
    await machine.clock.advance(1);
  });
});

test.describe('a field that there is not', () => {
  test.use({ machineSpec: { floppy: 'idle.img', memroy: 64 } as object });
  test('wrong spec field', async ({ machine }) => {
    await machine.clock.advance(1);
  });
});

test.describe('a guest that nobody defined', () => {
  test.use({ guest: 'windows' });
  test('unknown guest', async ({ machine }) => {
    await machine.clock.advance(1);
  });
});
`;

let project: Project;
let result: RunResult;

beforeAll(async () => {
  project = await makeProject({
    'scenarios/failing.spec.ts': SCENARIO,
    'idle.img': idlingGuest(),
    'off.img': poweringOffGuest(),
    'halt.img': haltingGuest(),
    'crash.img': crashingGuest(),
  });
  result = await project.run();
});
afterAll(async () => await project[Symbol.asyncDispose]());

const said = (title: string) => saidIn(result, title);
const noted = (title: string) => notedIn(result, title);

function lineOf(code: string): number {
  return SCENARIO.split('\n').findIndex((line) => line.includes(code)) + 1;
}

describe('an expectation that is wrong', () => {
  test('shows the nearest miss, the screen, the guest time and the line of the scenario', () => {
    const words = said('wrong expectation');
    expect(words).toContain('expect(machine.screen).toShowText("REEDY") failed');
    expect(words).toContain('tiny did not show the text "REEDY"');
    expect(words).toMatch(/expected: the text "REEDY" within 5\.00 s of guest time \(0\.00 s → 5\.00 s\)/);
    expect(words).toMatch(/seen: +nearest miss: "READY" in row \d+ \(1 character differs; read exactly\)/);
    expect(words).toMatch(/At 5\.00 s of guest time\. The text screen of 80x25/);
    expect(words).toMatch(/\|READY +\|/);
    expect(words).toContain(`scenarios/failing.spec.ts:${lineOf("toShowText('REEDY'")}:`);
    expect(noted('wrong expectation')).toMatchObject({ kind: 'assertion', code: 'text-not-shown' });
  });

  test('of a text that should go says that it is still there', () => {
    expect(said('wrong negation')).toContain('tiny still shows the text "READY"');
    expect(noted('wrong negation')).toMatchObject({ kind: 'assertion', code: 'text-still-shown' });
  });

  test('of serial output says what came, and how a guest is made to send it', () => {
    const words = said('no serial output');
    expect(words).toContain('tiny did not send /login:/ on serial port 0');
    expect(words).toContain('Serial port 0 has sent nothing.');
    expect(words).toContain('console=ttyS0');
    expect(noted('no serial output')).toMatchObject({ kind: 'assertion', code: 'serial-output-missing' });
  });

  test('of power-off says what state the machine is in', () => {
    expect(said('still on')).toContain('tiny is not powered off: it is running');
    expect(noted('still on')).toMatchObject({ kind: 'assertion', code: 'not-powered-off' });
  });

  test('in an action points at the line of the scenario too', () => {
    const words = said('an action that fails');
    expect(words).toContain(`> ${lineOf("getByText('never')")} |`);
    expect(noted('an action that fails').kind).toBe('assertion');
  });
});

describe('a guest that stops while something is waited for', () => {
  test('is the cause when it powers off', () => {
    const words = said('unexpected power-off');
    expect(words).toContain('tiny powered off while waiting for the text "more"');
    expect(words).toMatch(/\|.*BYE +\|/);
    expect(words).toMatch(/next: +if it should power off here/);
    expect(noted('unexpected power-off')).toMatchObject({ kind: 'guest', code: 'powered-off' });
  });

  test('is no failure when power-off is what is waited for', () => {
    expect(result.output).toMatch(/✓ .*expected power-off/);
  });

  test('is the cause when it halts', () => {
    const words = said('unexpected halt');
    expect(words).toContain('tiny halted while waiting for the text "more"');
    expect(words).toMatch(/\|.*STOP +\|/);
    expect(noted('unexpected halt')).toMatchObject({ kind: 'guest', code: 'halted' });
    expect(said('halt and no power-off')).toContain('tiny is not powered off: it is halted');
    expect(noted('halt and no power-off')).toMatchObject({ kind: 'guest', code: 'halted' });
  });

  test('is the cause when it crashes', () => {
    const words = said('unexpected crash');
    expect(words).toContain('tiny crashed while waiting for the text "more"');
    expect(words).toMatch(/\|.*BOOM +\|/);
    expect(noted('unexpected crash')).toMatchObject({ kind: 'guest', code: 'crashed' });
  });
});

describe('a machine that cannot be made', () => {
  test('of a file that is missing says where it was looked for', () => {
    const words = said('missing image');
    expect(words).toContain('There is no file nowhere.img');
    expect(words).toContain(`expected: a file at ${project.folder}/nowhere.img`);
    expect(noted('missing image')).toMatchObject({ kind: 'usage', code: 'file-missing' });
  });

  test('of an image that is not in the catalogue names the nearest one', () => {
    expect(said('unknown image')).toContain('Did you mean grub-rescue');
    expect(noted('unknown image')).toMatchObject({ kind: 'usage', code: 'image-unknown' });
  });

  test('of a wrong spec names the field, and the fields that there are', () => {
    const words = said('wrong spec field');
    expect(words).toContain('The machine spec is not valid');
    expect(words).toContain('Unrecognized key: "memroy"');
    expect(words).toMatch(/next: +the fields are: engine, memory/);
    expect(noted('wrong spec field')).toMatchObject({ kind: 'usage', code: 'spec-invalid' });
  });

  test('of a guest that nobody defined names those that there are', () => {
    const words = said('unknown guest');
    expect(words).toContain('There is no guest "windows"');
    expect(words).toContain('expected: a guest of the table: tiny');
    expect(words).toMatch(/or a catalogue image: .*grub-rescue/);
    expect(noted('unknown guest')).toMatchObject({ kind: 'usage', code: 'guest-unknown' });
  });

  test('points at the test, not into this package', () => {
    for (const title of ['missing image', 'wrong spec field', 'unknown guest']) {
      expect(said(title)).toContain(`scenarios/failing.spec.ts:${lineOf(`test('${title}'`)}:`);
    }
  });
});

test('kinds are counted apart, and the exit code follows', () => {
  expect(result.exitCode).toBe(1);
  expect(result.summary).toMatchObject({
    counts: { passed: 1, failed: { assertion: 5, guest: 4, usage: 4, infrastructure: 0, unstable: 0 } },
    exitCodeHint: 1,
  });
  expect(result.output).toContain('4 failed in the guest (it crashed, halted or powered off):');
  expect(result.output).toContain('Report: reports/html/index.html');
});
