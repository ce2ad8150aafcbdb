/** `guestwright disk` in a folder of a user's, and disks to run it on. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { openVhdFiles } from '../../sdk/disks/open-disk.js';
import { UserFolder, type Ran } from './command-line.js';

export let user: UserFolder;
beforeEach(async () => (user = await UserFolder.empty()));
afterEach(async () => await user[Symbol.asyncDispose]());

export const at = (name: string): string => join(user.path, name);
export const disk = async (...args: string[]): Promise<Ran> => await user.run(['disk', ...args]);
export const MB = 1 << 20;

export async function done(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await disk(...args);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return stdout;
}

export async function refused(...args: string[]): Promise<string> {
  const { exitCode, stderr } = await disk(...args);
  expect(exitCode, stderr).toBe(2);
  return stderr;
}

/** 20 MB with something in the middle. */
export function makeRaw(name: string): Buffer {
  const bytes = Buffer.alloc(20 * MB);
  bytes.set(randomBytes(3 * MB), 5 * MB + 4096);
  writeFileSync(at(name), bytes);
  return bytes;
}

export async function contentOf(name: string): Promise<Buffer> {
  await done('convert', name, 'content.raw', '--force');
  return readFileSync(at('content.raw'));
}

export function writeVhd(names: string[], offset: number, bytes: Uint8Array): void {
  const image = openVhdFiles(names.map(at), { writable: true });
  image.write(offset, bytes);
  image.flush();
  image.close();
}
