import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PictureFile } from './picture-file.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As QEMU does: by name, in a process that has inherited the file. */
function dump(file: PictureFile, picture: string): void {
  const code = 'require("fs").writeFileSync(process.argv[1], process.argv[2])';
  const stdio = ['ignore', 'ignore', 'inherit', file.inherited ?? 'ignore'] as const;
  const { status } = spawnSync(process.execPath, ['-e', code, file.path, picture], { stdio: [...stdio] });
  expect(status).toBe(0);
}

test('what another process dumps is read, however often and whatever its size', () => {
  const file = new PictureFile(folder);
  for (const picture of ['a long first picture', 'short', 'an even longer one after that']) {
    dump(file, picture);
    expect(file.read().toString()).toBe(picture);
  }
  file.close();
});

test('a picture that is kept survives those after it', () => {
  const file = new PictureFile(folder);
  dump(file, 'first');
  const first = file.read();
  file.keep();
  for (const picture of ['2nd', '3rd']) {
    dump(file, picture);
    expect(file.read().toString()).toBe(picture);
    expect(first.toString()).toBe('first');
  }
  file.close();
});

test.skipIf(!existsSync('/dev/shm'))('in memory it has no name, and leaves nothing', () => {
  const file = new PictureFile(folder);
  expect(file.inherited).not.toBeNull();
  expect([...readdirSync(folder), ...readdirSync('/dev/shm')].filter((name) => name.includes('guestwright'))).toEqual(
    [],
  );
  file.close();
  // Its number may be another file's by now.
  expect(() => file.read()).toThrow('disposed');
});
