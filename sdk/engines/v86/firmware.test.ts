import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import { findFirmware, type FirmwareSearch } from './firmware.js';

let first: string;
let second: string;

beforeEach(async () => {
  first = await mkdtemp(join(tmpdir(), 'guestwright-firmware-'));
  second = await mkdtemp(join(tmpdir(), 'guestwright-firmware-'));
});

afterEach(async () => {
  await rm(first, { recursive: true });
  await rm(second, { recursive: true });
});

function bios(size = 0x20000): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes[size - 16] = 0xea;
  return bytes;
}

function vgaBios(size = 39936): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set([0x55, 0xaa, size / 512]);
  return bytes;
}

/** What it fails with; the environment's own setting is kept out. */
async function failureOf(search: FirmwareSearch): Promise<GuestwrightError> {
  const error: unknown = await findFirmware({ override: '', ...search }).catch((reason: unknown) => reason);
  if (error instanceof GuestwrightError) return error;
  throw new Error('it was found', { cause: error });
}

test('the two files are found even if a distribution puts them into two folders', async () => {
  await writeFile(join(second, 'bios.bin'), bios());
  await writeFile(join(first, 'vgabios-stdvga.bin'), vgaBios());
  const found = await findFirmware({ override: '', folders: [first, second] });
  expect(found).toMatchObject({ bios: join(second, 'bios.bin'), vgaBios: join(first, 'vgabios-stdvga.bin') });
});

test('the digest changes with either file', async () => {
  await writeFile(join(first, 'bios.bin'), bios());
  await writeFile(join(first, 'vgabios-stdvga.bin'), vgaBios());
  const digests = new Set([(await findFirmware({ override: first })).digest]);
  await writeFile(join(first, 'bios.bin'), bios().fill(1, 100, 101));
  digests.add((await findFirmware({ override: first })).digest);
  await writeFile(join(first, 'vgabios-stdvga.bin'), vgaBios().fill(1, 100, 101));
  digests.add((await findFirmware({ override: first })).digest);
  expect(digests.size).toBe(3);
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
});

test('GUESTWRIGHT_FIRMWARE replaces all other places', async () => {
  await writeFile(join(first, 'bios.bin'), bios());
  await writeFile(join(first, 'vgabios-stdvga.bin'), vgaBios());
  const { failure } = await failureOf({ override: second, folders: [first] });
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'firmware-missing' });
  expect(failure.seen).toContain(second);
  expect(failure.seen).not.toContain(first);
  expect(failure.next).toContain('GUESTWRIGHT_FIRMWARE');
});

test.each([
  ['linux', '/usr/bin/apt-get', 'sudo apt-get install seabios'],
  ['linux', '/usr/bin/dnf', 'sudo dnf install seabios-bin seavgabios-bin'],
  ['linux', '/usr/bin/pacman', 'sudo pacman -S seabios'],
  ['darwin', '/opt/homebrew/bin/brew', 'brew install qemu'],
  ['darwin', '/opt/local/bin/port', 'sudo port install qemu'],
  ['win32', 'C:\\', 'winget install'],
] as const)('missing firmware on %s with %s: the error names `%s`', async (platform, tool, command) => {
  await writeFile(join(first, 'bios.bin'), bios());
  const isThere = async (path: string) => path === tool;
  const { failure, message } = await failureOf({ folders: [first, second], platform, isThere });
  expect(failure.code).toBe('firmware-missing');
  expect(failure.seen).toContain(`only ${join(first, 'bios.bin')}`);
  expect(failure.seen).toContain(`searched ${second}`);
  expect(message).toContain(command);
});

test.each([
  ['the 256 KB build', 'bios.bin', bios(0x40000), '262144 bytes'],
  ['an empty file', 'bios.bin', new Uint8Array(), '0 bytes'],
  ['zeroes', 'bios.bin', new Uint8Array(0x20000), 'byte 00'],
  ['no option ROM', 'vgabios-stdvga.bin', bios(0x8000), '00 00'],
  ['half an option ROM', 'vgabios-stdvga.bin', vgaBios().subarray(0, 20000), '39936'],
] as const)('%s in the place of %s is refused by name', async (_what, name, bytes, seen) => {
  await writeFile(join(first, 'bios.bin'), bios());
  await writeFile(join(first, 'vgabios-stdvga.bin'), vgaBios());
  await writeFile(join(first, name), bytes);
  const { failure, message } = await failureOf({ folders: [first] });
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'firmware-invalid' });
  expect(message).toContain(join(first, name));
  expect(failure.seen).toContain(seen);
});
