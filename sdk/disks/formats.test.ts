/** What is done with disks is the same in every format. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compactDisk, convertDisk, DISK_FORMATS, recogniseDisk, resizeDisk } from './index.js';
import { hasQemuImg } from './qemu-img.test.helper.js';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const MB = 1 << 20;
const onHost = (name: string): number => statSync(at(name)).blocks * 512;
// Not on everyone's path.
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** 20 MB with something in the middle. */
function makeRaw(): Buffer {
  const bytes = Buffer.alloc(20 * MB);
  bytes.set(randomBytes(3 * MB), 5 * MB + 4096);
  writeFileSync(at('disk.raw'), bytes);
  return bytes;
}

async function contentOf(name: string): Promise<Buffer> {
  await convertDisk(at(name), at('content.raw'), { format: 'raw', force: true });
  return readFileSync(at('content.raw'));
}

describe.skipIf(!hasQemuImg()).each(DISK_FORMATS)('%s', (format) => {
  const name = `a,b:c.${format}`;

  test('is converted to every format, and to no more than there is', async () => {
    const before = makeRaw();
    await convertDisk(at('disk.raw'), at(name), { format });
    for (const to of DISK_FORMATS) {
      await convertDisk(at(name), at(`to.${to}`), { format: to, force: true });
      expect(recogniseDisk(at(`to.${to}`))).toMatchObject({ format: to, size: 20 * MB });
      expect((await contentOf(`to.${to}`)).equals(before), to).toBe(true);
      // A VHDX grows by 8 MB.
      expect(onHost(`to.${to}`), to).toBeLessThan(to === 'vhdx' ? 20 * MB : 4 * MB);
    }
  });

  test('tells how far it is, up to all of it', async () => {
    makeRaw();
    await convertDisk(at('disk.raw'), at(name), { format });
    const seen: number[] = [];
    const onProgress = (part: number, all: number) => seen.push(part / all);
    await convertDisk(at(name), at('to.vhd'), { format: 'vhd', onProgress });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  test('grows, and becomes smaller where nothing is lost', async () => {
    const before = makeRaw();
    await convertDisk(at('disk.raw'), at(name), { format });
    expect(await resizeDisk(at(name), { size: 30 * MB })).toMatchObject({ format, size: 30 * MB });
    await expect(resizeDisk(at(name), { size: 20 * MB })).rejects.toMatchObject({ code: 'disk-would-shrink' });
    await resizeDisk(at(name), { size: 20 * MB, shrink: true });
    const tooSmall = resizeDisk(at(name), { size: 6 * MB, shrink: true });
    await expect(tooSmall).rejects.toMatchObject({ code: 'disk-would-lose-data' });
    expect((await contentOf(name)).equals(before)).toBe(true);
  });

  test('is freed of what its file system does not use', async () => {
    writeFileSync(at('disk.raw'), randomBytes(24 * MB));
    execFileSync('mkfs.ext4', ['-q', '-F', '-E', 'nodiscard', at('disk.raw')], { env });
    const debugfs = (...args: string[]) =>
      execFileSync('debugfs', [...args, at('disk.raw')], { stdio: ['ignore', 'pipe', 'ignore'], env });
    writeFileSync(at('file'), randomBytes(MB));
    debugfs('-w', '-R', `write ${at('file')} kept`);
    await convertDisk(at('disk.raw'), at(name), { format });
    await compactDisk(at(name));
    expect(onHost(name)).toBeGreaterThan(16 * MB);
    expect((await compactDisk(at(name), { freeSpace: true })).left).toEqual([]);
    expect(onHost(name)).toBeLessThan(format === 'vhdx' ? 20 * MB : 12 * MB);
    await convertDisk(at(name), at('disk.raw'), { format: 'raw', force: true });
    expect(debugfs('-R', 'cat kept').equals(readFileSync(at('file')))).toBe(true);
    execFileSync('e2fsck', ['-f', '-n', at('disk.raw')], { stdio: 'ignore', env });
  });
});
