import { afterAll, beforeAll, expect, test } from 'vitest';
import { readdir } from 'node:fs/promises';
import { makeProject, type Project, type RunResult } from './project.js';
import { echoingGuest } from './tiny-guests.js';

const SCENARIO = `
import { expect, test } from 'guestwright';
import { greet } from './helpers.ts';

test.use({ machineSpec: { floppy: 'guest.img' } });

test('steps', async ({ machine, launch }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.press('x');
  await greet(machine);
  await machine.keyboard.type('hunter2', { secret: true });
  const second = await launch({ floppy: 'guest.img', memory: 8 }, { name: 'second' });
  await expect(second).toHaveSerialOutput('ready');
  await second.clock.advance(1500);
  await second.powerOff();
  await machine.runDirectory;
});

test('secrets in evidence', async ({ machine }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type('hunter2', { secret: true });
  expect(machine.name).toBe('else');
});
`;

const HELPERS = `
import type { Machine } from 'guestwright';
export async function greet(machine: Machine) {
  await machine.keyboard.type('hello');
}
`;

/** Prints what reporters are given of steps, once they are complete. */
const REPORTER = `
export default class {
  onTestEnd(test, result) {
    const plain = (step, depth) => [
      { depth, title: step.title, subtitle: step.subtitle, category: step.category, params: step.params,
        at: step.location && step.location.file.split('/').pop() + ':' + step.location.line },
      ...step.steps.flatMap((child) => plain(child, depth + 1)),
    ];
    const steps = result.steps.flatMap((step) => plain(step, 0));
    console.log('DUMP ' + JSON.stringify({ title: test.title, steps, annotations: result.annotations,
      attachments: result.attachments.map(({ name, body, path }) => ({ name, text: body?.toString() ?? require(path) })) }));
  }
}
`.replace('require(path)', "readFileSync(path, 'utf8')");

interface Dumped {
  title: string;
  steps: { depth: number; title: string; subtitle?: string; category: string; params?: object; at?: string }[];
  annotations: { type: string; description?: string }[];
  attachments: { name: string; text: string }[];
}

let project: Project;
let result: RunResult;
let dumps: Dumped[];

beforeAll(async () => {
  project = await makeProject({
    'scenarios/steps.spec.ts': SCENARIO,
    'scenarios/helpers.ts': HELPERS,
    'dump.mjs': `import { readFileSync } from 'node:fs';\n${REPORTER}`,
    'guest.img': echoingGuest(),
    'playwright.config.ts': `
      import { defineConfig, defineGuests } from 'guestwright';
      const config = defineConfig({ workers: 1, projects: defineGuests({ guests: { tiny: { memory: 8 } } }) });
      export default { ...config, reporter: [...config.reporter, ['./dump.mjs']] };
    `,
  });
  result = await project.run();
  dumps = result.output
    .split('\n')
    .filter((line) => line.startsWith('DUMP '))
    .map((line) => JSON.parse(line.slice(5)) as Dumped);
});
afterAll(async () => await project[Symbol.asyncDispose]());

function dumped(title: string): Dumped {
  const found = dumps.find((dump) => dump.title === title);
  if (found === undefined) throw new Error(`There is no "${title}":\n${result.output}`);
  return found;
}

const lineOf = (source: string, code: string) => source.split('\n').findIndex((line) => line.includes(code)) + 1;
const inScenario = (code: string) => `steps.spec.ts:${lineOf(SCENARIO, code)}`;

test("what a scenario does with its machines are steps, with parameters, at the scenario's lines", () => {
  const { steps } = dumped('steps');
  const shown = steps.filter(({ depth, category }) => depth === 0 && category !== 'hook');
  expect(shown.map(({ title, at }) => [title, at])).toEqual([
    ['Expect "toShowText"', inScenario("toShowText('READY')")],
    ['Press x', inScenario("press('x')")],
    ['Type "hello"', `helpers.ts:${lineOf(HELPERS, 'type(')}`],
    [expect.stringMatching(/^Type .*(secret|\*)/i), inScenario("type('hunter2'")],
    ['Launch second', inScenario('await launch(')],
    ['Expect "toHaveSerialOutput"', inScenario('toHaveSerialOutput')],
    ['second: Let 1500 guest ms pass', inScenario('second.clock.advance(')],
    ['second: Power off the machine', inScenario('second.powerOff()')],
  ]);
  expect(shown.find(({ title }) => title === 'Press x')?.params).toMatchObject({ chord: 'x' });
});

test('steps and expectations carry their span of guest time', () => {
  const { steps } = dumped('steps');
  const subtitleOf = (title: string) => steps.find((step) => step.title === title)?.subtitle;
  expect(subtitleOf('Expect "toShowText"')).toMatch(/^0\.00 s → \d+\.\d\d s$/);
  expect(subtitleOf('Type "hello"')).toMatch(/^\d+\.\d\d s → \d+\.\d\d s$/);
});

test('annotations name the engine, its determinism, the guest time and the digests of images', () => {
  const { annotations } = dumped('steps');
  const of = (type: string) => annotations.filter((one) => one.type === type).map(({ description }) => description);
  expect(of('engine')).toEqual(['tiny: v86, bit-exact', 'second: v86, bit-exact']);
  expect(of('guest time')).toEqual([expect.stringMatching(/^tiny: \d/), expect.stringMatching(/^second: \d/)]);
  expect(of('image')[0]).toMatch(/^tiny: floppy guest\.img sha256:[0-9a-f]{64}$/);
});

test('a secret is in no step, no parameter and no journal', () => {
  for (const { steps } of dumps) expect(JSON.stringify(steps)).not.toContain('hunter2');
  const journal = dumped('secrets in evidence').attachments.find(({ name }) => name.endsWith('journal'))?.text;
  expect(journal).toContain('"secret":true');
  expect(journal).not.toContain('"KeyH"');
});

test('a failed test has the last screen, the serial output and the journal attached', () => {
  const { attachments } = dumped('secrets in evidence');
  expect(attachments.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['tiny: screen', 'tiny: screen as text', 'tiny: serial output', 'tiny: journal']),
  );
  expect(attachments.find(({ name }) => name === 'tiny: serial output')?.text).toContain('ready');
});

test('nothing of the machines is left behind', async () => {
  expect(
    await readdir(project.temporary).then((names) => names.filter((name) => name.startsWith('guestwright'))),
  ).toEqual([]);
});
