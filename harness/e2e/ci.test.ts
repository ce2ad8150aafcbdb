/** `guestwright ci init` as a user runs it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserFolder } from './command-line.js';

test.each([
  ['github', '.github/workflows/guestwright.yml'],
  ['gitlab', '.gitlab-ci.yml'],
  ['jenkins', 'Jenkinsfile'],
])('%s: %s is written with the project’s config, and never overwritten but by --force', async (provider, file) => {
  await using folder = await UserFolder.empty();
  await folder.write({ 'playwright.config.mts': '' });
  const written = await folder.run(['ci', 'init', provider, '--shards', '3']);
  expect(written).toMatchObject({ exitCode: 0, stderr: '' });
  expect(written.stdout).toContain(`written  ${file}`);
  const path = join(folder.path, file);
  const text = await readFile(path, 'utf8');
  expect(text).toContain('--config playwright.config.mts');

  await writeFile(path, 'mine');
  const refused = await folder.run(['ci', 'init', provider]);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(`${file} is there already`);
  expect(await readFile(path, 'utf8')).toBe('mine');
  expect((await folder.run(['ci', 'init', provider, '--shards', '3', '--force'])).exitCode).toBe(0);
  expect(await readFile(path, 'utf8')).toBe(text);
  // Nothing is left of what was written beside.
  expect((await readdir(folder.path, { recursive: true })).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('without a project nothing is written; an unknown provider and a wrong number are wrong usage', async () => {
  await using folder = await UserFolder.empty();
  const none = await folder.run(['ci', 'init', 'github']);
  expect(none).toMatchObject({ exitCode: 2 });
  expect(none.stderr).toContain('playwright.config.ts');
  expect(await readdir(folder.path)).toEqual([]);
  expect((await folder.run(['ci', 'init', 'circle'])).stderr).toContain('github, gitlab, jenkins');
  expect((await folder.run(['ci', 'init', 'github', '--shards', '0'])).stderr).toContain('whole number from 1 to 256');
});
