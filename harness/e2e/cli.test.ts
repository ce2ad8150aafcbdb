/** The command line as a user runs it: a process, in a folder of its own. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PACKAGE, UserFolder } from './command-line.js';

let project: UserFolder;
let folder: string;
beforeEach(async () => {
  project = await UserFolder.empty();
  folder = project.path;
});
afterEach(async () => {
  await project[Symbol.asyncDispose]();
});

const guestwright = (args: readonly string[], env?: Record<string, string>) => project.run(args, env);

test('help lists every command and the exit codes', async () => {
  const { exitCode, stdout } = await guestwright(['--help']);
  expect(exitCode).toBe(0);
  for (const command of ['init', 'run', 'open', 'golden', 'screen', 'images', 'store', 'fonts', 'ci', 'doctor'])
    expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  expect(stdout).toContain('3 the infrastructure failed');
});

test.each(['init', 'run', 'open', 'golden', 'screen', 'images', 'store', 'fonts', 'ci', 'doctor'])(
  'the help of "%s" has examples',
  async (command) => {
    const { exitCode, stdout } = await guestwright([command, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: guestwright ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples:\n +guestwright ${command}`));
  },
);

test('the version is that of the package', async () => {
  const manifest: unknown = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'));
  const { exitCode, stdout } = await guestwright(['--version']);
  expect(exitCode).toBe(0);
  expect(manifest).toMatchObject({ version: stdout });
});

test('no command at all is wrong usage and shows the help', async () => {
  const { exitCode, stderr } = await guestwright([]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Usage: guestwright');
});

test('an unknown command is wrong usage, with the nearest one', async () => {
  const { exitCode, stderr } = await guestwright(['docter']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("unknown command 'docter'");
  expect(stderr).toContain('Did you mean doctor?');
});

test('an unknown option is wrong usage, with the nearest one', async () => {
  const { exitCode, stderr } = await guestwright(['doctor', '--jsn']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Did you mean --json?');
  expect(stderr).toContain('guestwright doctor --help');
});

test('a value out of range is wrong usage and says what would be right', async () => {
  const { exitCode, stderr } = await guestwright(['open', 'grub-rescue:floppy', '--memory', '1.5']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('whole number of MB');
});

test('init writes a project, and a second time overwrites nothing', async () => {
  const first = await guestwright(['init']);
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  const files = ['package.json', 'playwright.config.ts', 'scenarios/first.spec.ts', 'tsconfig.json', '.gitignore'];
  for (const file of files) expect(first.stdout).toContain(`written  ${file}`);
  expect(first.stdout).toContain('npx guestwright run');
  expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toMatchObject({ type: 'module' });

  for (const file of files) await writeFile(join(folder, file), file === 'package.json' ? '{"type":"module"}' : 'mine');
  const second = await guestwright(['init']);
  expect(second.exitCode).toBe(0);
  for (const file of files) expect(second.stdout).toContain(`skipped  ${file}`);
  expect(second.stdout).toContain('npm install --save-dev @playwright/test @types/node guestwright typescript');
  expect(await readFile(join(folder, 'scenarios/first.spec.ts'), 'utf8')).toBe('mine');
});

test('in a project of CommonJS modules, what init writes is named as ES modules', async () => {
  await writeFile(join(folder, 'package.json'), '{"name":"mine"}');
  const { exitCode, stdout } = await guestwright(['init']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('written  playwright.config.mts');
  expect(stdout).toContain('written  scenarios/first.spec.mts');
  expect(await readFile(join(folder, 'package.json'), 'utf8')).toBe('{"name":"mine"}');
});

test('init into a folder of its own says how to get there', async () => {
  const { exitCode, stdout } = await guestwright(['init', 'machines']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('cd machines');
  expect(await readFile(join(folder, 'machines/.gitignore'), 'utf8')).toContain('reports/');
});

test('init where a file stands is wrong usage', async () => {
  await writeFile(join(folder, 'taken'), '');
  const { exitCode, stderr } = await guestwright(['init', 'taken']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('expected: a folder');
  expect(stderr).not.toContain('    at ');
});

test('the stack of an error of ours is only shown when asked for', async () => {
  await writeFile(join(folder, 'taken'), '');
  const { exitCode, stderr } = await guestwright(['init', 'taken'], { GUESTWRIGHT_DEBUG: '1' });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('    at ');
});

test('run hands unknown options to Playwright, whose refusal is wrong usage', async () => {
  const { exitCode, stderr } = await guestwright(['run', '--frobnicate']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("unknown option '--frobnicate'");
});

test('run in a folder without scenarios is wrong usage', async () => {
  const { exitCode, stdout, stderr } = await guestwright(['run']);
  expect(exitCode).toBe(2);
  expect(stdout + stderr).toContain('No tests found');
});

test('a configuration that does not load is no failed scenario', async () => {
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'playwright.config.ts'), 'export default {;');
  const { exitCode, stderr } = await guestwright(['run']);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('Playwright could not run the scenarios');
});

test('doctor finds everything here, as a table and as JSON', async () => {
  const table = await guestwright(['doctor']);
  expect(table.stdout).toMatch(/^ok +node +v\d+/m);
  expect(table.stdout).toMatch(/^ok +engine v86 /m);
  expect(table.stdout).toMatch(/^ok +playwright +1\./m);
  expect(table.stdout).toContain('Everything that is required is here.');
  expect(table.exitCode).toBe(0);

  const json = await guestwright(['doctor', '--json']);
  expect(json.exitCode).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ complete: true });
});

test('doctor names missing firmware, the command that installs it, and ends with 3', async () => {
  const { exitCode, stdout } = await guestwright(['doctor'], { GUESTWRIGHT_FIRMWARE: folder });
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/^MISSING +engine v86 /m);
  expect(stdout).toMatch(/-> .*GUESTWRIGHT_FIRMWARE/);
  expect(stdout).toContain('Missing, and required: engine v86.');
});

test('doctor names a cache folder that cannot be made', async () => {
  await writeFile(join(folder, 'taken'), '');
  const { exitCode, stdout } = await guestwright(['doctor'], { GUESTWRIGHT_CACHE: join(folder, 'taken', 'cache') });
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/^MISSING +cache folder /m);
  expect(stdout).toContain('GUESTWRIGHT_CACHE=');
});

test('open without a terminal is wrong usage', async () => {
  const { exitCode, stderr } = await guestwright(['open', 'grub-rescue:floppy']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('needs a terminal');
});
