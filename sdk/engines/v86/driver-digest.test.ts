import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf, driverDigest } from './driver-digest.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-digest-'));
  write('worker.js', "import { a } from './core/a.js';\nimport 'node:fs';\n");
  write('a.js', 'export { b } from "../b.js";\nconst late = import(\'./late.js\');\n');
  write('b.js', "import { a } from './core/a.js';\nexport const b = 1;\n");
  write('late.js', 'export {};\n');
  write('other.js', 'export {};\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PLACES: Readonly<Record<string, string>> = { 'a.js': 'core', 'late.js': 'core' };
function write(name: string, text: string): void {
  const place = join(folder, PLACES[name] ?? '');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, name), text);
}

test('a change of any module that the worker runs is another driver; one of another module is none', () => {
  const digest = (): string => digestOf(join(folder, 'worker.js'));
  const before = digest();
  write('other.js', 'export const changed = true;\n');
  expect(digest()).toBe(before);
  const seen = new Set([before]);
  for (const name of ['worker.js', 'a.js', 'b.js', 'late.js']) {
    writeFileSync(join(folder, PLACES[name] ?? '', name), '// changed\n', { flag: 'a' });
    seen.add(digest());
  }
  expect(seen.size).toBe(5);
});

test('the driver has a digest', () => {
  expect(driverDigest()).toMatch(/^[0-9a-f]{64}$/);
});
