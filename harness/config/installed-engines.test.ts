import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installedEngines } from './installed-engines.js';

let folder: string;
const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-engines-'));
  said.mockClear();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function install(name: string): string {
  const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
}

test('an engine that is embedded is always there; one whose program is on the PATH is too', () => {
  install('qemu-system-x86_64');
  expect(installedEngines(['qemu', 'v86'], { environment: { PATH: folder } })).toEqual(['qemu', 'v86']);
  expect(said).not.toHaveBeenCalled();
});

test('an engine that is missing is left out, and that is said once, not by every worker', () => {
  expect(installedEngines(['v86', 'qemu'], { environment: { PATH: folder } })).toEqual(['v86']);
  expect(said.mock.calls.flat().join()).toContain('qemu (qemu-system-x86_64 was not found)');
  said.mockClear();
  expect(installedEngines(['v86', 'qemu'], { environment: { PATH: folder, TEST_WORKER_INDEX: '1' } })).toEqual(['v86']);
  expect(said).not.toHaveBeenCalled();
});

test('a program that is named is the one that counts', () => {
  const program = install('my-qemu');
  expect(installedEngines(['qemu'], { environment: { PATH: '', GUESTWRIGHT_QEMU: program } })).toEqual(['qemu']);
  install('qemu-system-x86_64');
  expect(installedEngines(['qemu'], { environment: { PATH: folder, GUESTWRIGHT_QEMU: join(folder, 'none') } })).toEqual(
    [],
  );
});

test('every architecture has a program of its own, which lies beside the one that is named', () => {
  const program = install('qemu-system-x86_64');
  const here = { environment: { PATH: '', GUESTWRIGHT_QEMU: program } };
  expect(installedEngines(['qemu'], { ...here, architecture: 'aarch64' })).toEqual([]);
  expect(said.mock.calls.flat().join()).toContain('qemu (qemu-system-aarch64 was not found)');
  install('qemu-system-aarch64');
  expect(installedEngines(['qemu'], { ...here, architecture: 'aarch64' })).toEqual(['qemu']);
  expect(installedEngines(['qemu'], { environment: { PATH: folder }, architecture: 'riscv64' })).toEqual([]);
});
