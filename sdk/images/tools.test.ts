import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runTool, runUnpacked } from './tools.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-tools-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('a tool reads its input from a file', async () => {
  await writeFile(join(folder, 'input'), 'one\ntwo\n');
  expect((await runTool('sort', ['-r'], { input: join(folder, 'input') })).stdout).toBe('two\none');
});

test('of what a failing tool says, the end is kept', async () => {
  const script = 'for my $n (1..200) { print STDERR "line $n\\n" } exit 1';
  const failure: unknown = await runTool('perl', ['-e', script]).catch((error: unknown) => error);
  expect(failure).toMatchObject({ failure: { kind: 'infrastructure', code: 'tool-failed' } });
  expect(failure).toHaveProperty('failure.seen', expect.stringMatching(/^line 171\n[^]*\nline 200$/));
});

test.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'a program without its libraries among the packages is a mistake of the recipe',
  async () => {
    await expect(runUnpacked('/bin/true', [], { packages: [folder], cwd: folder })).rejects.toThrow(/libc6 has it/);
  },
);
