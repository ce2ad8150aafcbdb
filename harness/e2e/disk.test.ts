/** `guestwright disk` as a user runs it. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openVhdFiles } from '../../sdk/disks/open-disk.js';
import { hasQemuImg } from '../../sdk/disks/qemu-img.test.helper.js';
import { UserFolder, type Ran } from './command-line.js';

let user: UserFolder;
beforeEach(async () => (user = await UserFolder.empty()));
afterEach(async () => await user[Symbol.asyncDispose]());

const at = (name: string): string => join(user.path, name);
const disk = async (...args: string[]): Promise<Ran> => await user.run(['disk', ...args]);
const MB = 1 << 20;

async function done(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await disk(...args);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return stdout;
}

async function refused(...args: string[]): Promise<string> {
  const { exitCode, stderr } = await disk(...args);
  expect(exitCode, stderr).toBe(2);
  return stderr;
}

/** 20 MB with something in the middle. */
function makeRaw(name: string): Buffer {
  const bytes = Buffer.alloc(20 * MB);
  bytes.set(randomBytes(3 * MB), 5 * MB + 4096);
  writeFileSync(at(name), bytes);
  return bytes;
}

async function contentOf(name: string): Promise<Buffer> {
  await done('convert', name, 'content.raw', '--force');
  return readFileSync(at('content.raw'));
}

function writeVhd(names: string[], offset: number, bytes: Uint8Array): void {
  const image = openVhdFiles(names.map(at), { writable: true });
  image.write(offset, bytes);
  image.flush();
  image.close();
}

test('an empty disk is made, described and not made twice', async () => {
  expect(await done('create', 'data.vhd', '--size', '30MB')).toBe('data.vhd: an empty disk of 30.0 MB (vhd)');
  expect(JSON.parse(await done('info', 'data.vhd', '--json'))).toMatchObject({
    format: 'vhd',
    type: 'dynamic',
    size: 30_000_128,
    parent: null,
  });
  expect(await done('info', 'data.vhd')).toContain('30000128 bytes');
  expect(await refused('create', 'data.vhd', '--size', '1MB')).toContain('--force');
  await done('create', 'data.vhd', '--size', '1MiB', '--type', 'fixed', '--force');
  expect(statSync(at('data.vhd')).size).toBe(MB + 512);
  expect(await refused('create', 'data.vhd')).toContain('--size');
  expect(await refused('create', 'other', '--size', '1MB')).toContain('--format');
  expect(await refused('create', 'other.vhd', '--size', '1000')).toContain('whole sectors');
  expect(await refused('create', 'other.vhd', '--size', '3TB')).toContain('2040 GB');
  expect(readdirSync(user.path)).toEqual(['data.vhd']);
});

test('a name that looks like an option is a name after --', async () => {
  await done('create', '--size', '1MiB', '--', '-x.raw');
  expect(await done('info', '--', '-x.raw')).toContain('format    raw');
});

test.skipIf(!hasQemuImg())('a disk goes from one format to another, whatever it is called', async () => {
  const before = makeRaw('disk.raw');
  // Names that a tool could take for options or protocols.
  expect(await done('convert', 'disk.raw', 'a,b:c.qcow2')).toBe('a,b:c.qcow2: a disk of 21.0 MB (qcow2)');
  await done('convert', 'a,b:c.qcow2', 'fixed.vhd', '--type', 'fixed');
  expect((await contentOf('fixed.vhd')).equals(before)).toBe(true);
});

test('a conversion that is told to end leaves the source and nothing else', async () => {
  writeFileSync(at('large.raw'), 'something');
  truncateSync(at('large.raw'), 64 * 1024 * MB);
  const begun = new Promise<void>((resolve) => {
    const watcher = watch(user.path, () => {
      if (!readdirSync(user.path).some((name) => name.includes('.part-'))) return;
      watcher.close();
      resolve();
    });
  });
  const running = user.start(['disk', 'convert', 'large.raw', 'large.vhd']);
  await begun;
  running.kill('SIGTERM');
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(143);
  expect(stderr).toContain('interrupted by SIGTERM: large.raw is as it was, and large.vhd was not written');
  expect(readdirSync(user.path)).toEqual(['large.raw']);
});

test('work that takes long says how far it is, and ends at Ctrl+C', async () => {
  writeFileSync(at('large.raw'), '');
  truncateSync(at('large.raw'), 512 * 1024 * MB);
  const running = user.start(['disk', 'convert', 'large.raw', 'large.vhd']);
  running.stderr.once('data', () => running.kill('SIGINT'));
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(130);
  expect(stderr).toMatch(/^\d+ %: \d+\.\d+ (M|G)B of 549\.76 GB$/m);
  expect(readdirSync(user.path)).toEqual(['large.raw']);
});

test('an overlay of a VHD is merged, or forgotten', async () => {
  await done('create', 'base.vhd', '--size', '8MiB');
  await done('create', 'child.vhd', '--parent', 'base.vhd');
  await done('create', 'other.vhd', '--parent', 'base.vhd');
  expect(JSON.parse(await done('chain', 'child.vhd', '--json'))).toMatchObject([
    { type: 'differencing', parent: { name: 'base.vhd' } },
    { type: 'dynamic', parent: null },
  ]);
  writeVhd(['child.vhd', 'base.vhd'], 3 * MB, Buffer.from('kept'));
  expect((await contentOf('child.vhd')).toString('latin1', 3 * MB, 3 * MB + 4)).toBe('kept');
  expect(await refused('merge', 'child.vhd')).toContain(at('other.vhd'));
  await done('merge', 'child.vhd', '--yes');
  expect((await contentOf('base.vhd')).toString('latin1', 3 * MB, 3 * MB + 4)).toBe('kept');
  writeVhd(['child.vhd', 'base.vhd'], 3 * MB, Buffer.from('gone'));
  await done('discard', 'child.vhd');
  expect((await contentOf('child.vhd')).toString('latin1', 3 * MB, 3 * MB + 4)).toBe('kept');
  expect(await refused('merge', 'base.vhd')).toContain('lies on nothing');
});

test('the parent of a VHD is not looked for elsewhere, but can be given', async () => {
  await done('create', 'base.vhd', '--size', '8MiB');
  await done('create', 'child.vhd', '--parent', 'base.vhd');
  await user.write({ 'elsewhere/note': '' });
  execFileSync('mv', [at('base.vhd'), at('elsewhere/base.vhd')]);
  expect(await refused('convert', 'child.vhd', 'all.vhd')).toContain('--parent');
  await done('convert', 'child.vhd', 'all.vhd', '--parent', 'elsewhere/base.vhd');
});

test.skipIf(!hasQemuImg())('an overlay of a qcow2 image is merged, or forgotten', async () => {
  await done('create', 'base.qcow2', '--size', '8MiB');
  await done('create', 'child.qcow2', '--parent', 'base.qcow2');
  const write = (pattern: string) =>
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', `write -P ${pattern} 0 64k`, at('child.qcow2')]);
  write('5');
  await done('merge', 'child.qcow2');
  expect((await contentOf('base.qcow2'))[0]).toBe(5);
  write('6');
  expect((await contentOf('child.qcow2'))[0]).toBe(6);
  await done('discard', 'child.qcow2');
  expect((await contentOf('child.qcow2'))[0]).toBe(5);
});

describe('damage', () => {
  test('in a VHD is found, and mended', async () => {
    await done('create', 'disk.vhd', '--size', '8MiB');
    expect(await done('check', 'disk.vhd')).toContain('nothing is wrong');
    const bytes = readFileSync(at('disk.vhd'));
    bytes[bytes.length - 200] = 7;
    writeFileSync(at('disk.vhd'), bytes);
    const { exitCode, stdout } = await disk('check', 'disk.vhd');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('guestwright disk repair');
    await done('repair', 'disk.vhd');
    expect(await done('check', 'disk.vhd')).toContain('nothing is wrong');
  });

  test.skipIf(!hasQemuImg())('in a qcow2 image is found, and mended', async () => {
    await done('create', 'disk.qcow2', '--size', '8MiB');
    truncateSync(at('disk.qcow2'), 16 * 65_536);
    const bytes = readFileSync(at('disk.qcow2'));
    // The reference count of a cluster that nothing uses.
    bytes.writeUInt16BE(1, 2 * 65_536 + 2 * 10);
    writeFileSync(at('disk.qcow2'), bytes);
    const { exitCode, stdout } = await disk('check', 'disk.qcow2');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('1 clusters that nothing uses');
    await done('repair', 'disk.qcow2');
    expect(await done('check', 'disk.qcow2')).toContain('nothing is wrong');
  });

  test('in a header that no tool is given is said', async () => {
    writeFileSync(at('disk'), Buffer.concat([Buffer.from('vhdxfile'), Buffer.alloc(1 << 20)]));
    const { exitCode, stdout } = await disk('check', 'disk');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('no table of regions');
    expect(await refused('check', 'nothing')).toContain('no such file');
  });
});

test('a disk grows, and becomes smaller where nothing is lost', async () => {
  await done('create', 'disk.vhd', '--size', '20MiB');
  writeVhd(['disk.vhd'], 7 * MB, Buffer.from('kept'));
  expect(await done('resize', 'disk.vhd', '30MiB')).toBe('disk.vhd: a disk of 31.5 MB');
  expect(await refused('resize', 'disk.vhd', '20MiB')).toContain('--shrink');
  await done('resize', 'disk.vhd', '20MiB', '--shrink');
  expect(await refused('resize', 'disk.vhd', '6MiB', '--shrink')).toContain('zeros from byte');
});

test('what is free on a disk of unknown file systems is not guessed', async () => {
  makeRaw('disk.raw');
  expect(await refused('compact', 'disk.raw', '--free-space')).toContain('cannot be told');
  await done('compact', 'disk.raw');
  expect(statSync(at('disk.raw')).blocks * 512).toBeLessThan(4 * MB);
});

test('an image that leads to other files is refused', async () => {
  writeFileSync(at('disk.vmdk'), '# Disk DescriptorFile\nRW 10 FLAT "/etc/passwd" 0\n');
  expect(await refused('convert', 'disk.vmdk', 'disk.raw')).toContain('other files');
  expect(existsSync(at('disk.raw'))).toBe(false);
});

test('without qemu-img the package that has it is named', async () => {
  const { exitCode, stderr } = await user.run(['disk', 'create', 'a.qcow2', '--size', '1MiB'], { PATH: user.path });
  expect(exitCode).toBe(3);
  expect(stderr).toContain('sudo apt-get install qemu-utils');
  expect(readdirSync(user.path)).toEqual([]);
});
