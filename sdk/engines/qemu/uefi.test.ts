import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findUefi, fits, type FirmwareDescriptor } from './uefi.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'));
  mkdirSync(join(folder, 'firmware'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** For a board that no system's own firmware is for. */
const WISH = { architecture: 'x86_64', board: 'test-board-7.2', secureBoot: false } as const;

function describe(code: string, change: Partial<FirmwareDescriptor> = {}): FirmwareDescriptor {
  return {
    'interface-types': ['uefi'],
    mapping: {
      device: 'flash',
      executable: { filename: join(folder, code), format: 'raw' },
      'nvram-template': { filename: join(folder, 'vars'), format: 'raw' },
    },
    targets: [{ architecture: 'x86_64', machines: ['test-board-*'] }],
    features: [],
    ...change,
  };
}

function put(name: string, content: unknown): void {
  writeFileSync(join(folder, 'firmware', name), typeof content === 'string' ? content : JSON.stringify(content));
}

test('the first description that fits and whose files are there is taken', async () => {
  for (const name of ['b', 'c', 'vars']) writeFileSync(join(folder, name), '');
  put('10-other.json', describe('b', { targets: [{ architecture: 'aarch64', machines: ['virt-*'] }] }));
  put('15-damaged.json', '{');
  put('20-gone.json', describe('a'));
  put('30-good.json', describe('b'));
  put('40-later.json', describe('c'));
  expect(await findUefi(WISH, [folder])).toEqual({ code: join(folder, 'b'), variables: join(folder, 'vars') });
});

test('none that fits is said, with where it was looked for', async () => {
  put('20-gone.json', describe('a'));
  await expect(findUefi(WISH, [folder])).rejects.toMatchObject({
    code: 'uefi-missing',
    failure: { expected: expect.stringContaining(join(folder, 'firmware')) as string },
  });
});

test('firmware with enrolled keys is for secure boot, and for nothing else', () => {
  const secure = describe('a', { features: ['secure-boot', 'enrolled-keys', 'requires-smm'] });
  const able = describe('a', { features: ['secure-boot', 'requires-smm'] });
  const wishes = [WISH, { ...WISH, secureBoot: true }];
  expect(wishes.map((wish) => fits(secure, wish))).toEqual([false, true]);
  expect(wishes.map((wish) => fits(able, wish))).toEqual([false, false]);
  expect(wishes.map((wish) => fits(describe('a'), wish))).toEqual([true, false]);
});
