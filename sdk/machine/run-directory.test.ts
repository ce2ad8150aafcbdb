import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { engineNamed } from '../engines/index.js';

const probe = await (await engineNamed('qemu')).probe();
const LAUNCH = new URL('./launch.js', import.meta.url).href;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Ends in the middle of the launch: as soon as the machine has a folder, which is before there is a machine to dispose. */
const ENDS_EARLY = `
  import { watch } from 'node:fs';
  const { launch } = await import(process.argv[1]);
  watch(process.env.TMPDIR, () => process.exit(7));
  await launch({ engine: 'qemu', memory: 16, network: 'none' });
  process.exit(8);
`;

test.skipIf(!probe.available)('a process that ends while a machine is being started leaves none of its files', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', ENDS_EARLY, LAUNCH], {
    env: { ...process.env, TMPDIR: folder },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(7);
  expect(readdirSync(folder)).toEqual([]);
});
