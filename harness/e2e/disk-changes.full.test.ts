/** `guestwright disk` as a user runs it: overlays, damage, sizes. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasQemuImg } from '../../sdk/disks/qemu-img.test.helper.js';
import { at, contentOf, disk, done, makeRaw, MB, refused, user, writeVhd } from './disk.test.helper.js';

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
