/** `guestwright compare` that is asked to end in the middle of a scenario. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { processesOf } from './processes.js';
import { makeProject, type Project } from './project.js';
import { tickingGuest } from './tiny-guests.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** Says that it is there, and works on. */
const SCENARIO = `
import { test } from 'guestwright';
import { writeFileSync } from 'node:fs';
test.use({ machineSpec: { memory: 8, floppy: 'guest.img' } });
test('works on', async ({ machine }) => {
  test.setTimeout(600_000);
  await machine.clock.advance(100);
  writeFileSync('running', '');
  for (;;) await machine.clock.advance(10_000);
});
`;

let project: Project;
beforeAll(async () => {
  const image = tickingGuest();
  project = await makeProject({
    'guest.img': image,
    'old.img': image,
    'new.img': image,
    'scenarios/works-on.spec.ts': SCENARIO,
  });
});
afterAll(async () => await project[Symbol.asyncDispose]());

test('Ctrl-C ends what runs and leaves nothing behind', async () => {
  const runId = randomUUID();
  const command = execa(
    process.execPath,
    [MAIN, 'compare', 'old.img', 'new.img', 'scenarios/works-on.spec.ts', '-o', 'report'],
    {
      cwd: project.folder,
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { GUESTWRIGHT_RUN_ID: runId, TMPDIR: project.temporary, FORCE_COLOR: '0' },
    },
  );
  onTestFinished(() => void command.kill('SIGINT'));
  await expect.poll(() => existsSync(join(project.folder, 'running')), { timeout: 150_000 }).toBe(true);
  const temporary = () => readdirSync(project.temporary).filter((name) => name.startsWith('guestwright'));
  expect(temporary().some((name) => name.startsWith('guestwright-compare-'))).toBe(true);
  // To the command alone: a terminal would send it to the others, too.
  command.kill('SIGINT');
  const { exitCode, all } = await command;
  expect(exitCode, all).toBe(130);
  expect(processesOf(runId)).toEqual([]);
  expect(temporary()).toEqual([]);
  expect(readdirSync(project.folder).filter((name) => name.startsWith('report'))).not.toContainEqual(
    expect.stringContaining('report.new-'),
  );
  expect(existsSync(join(project.folder, 'report'))).toBe(false);
});
