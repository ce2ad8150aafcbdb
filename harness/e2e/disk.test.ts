/** `guestwright disk` as a user runs it: disks are made and converted. */
import { existsSync, readdirSync, statSync, truncateSync, watch, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hasQemuImg } from '../../sdk/disks/qemu-img.test.helper.js';
import { at, contentOf, disk, done, makeRaw, MB, refused, user } from './disk.test.helper.js';

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

test('damage in a header that no tool is given is said', async () => {
  writeFileSync(at('disk'), Buffer.concat([Buffer.from('vhdxfile'), Buffer.alloc(1 << 20)]));
  const { exitCode, stdout } = await disk('check', 'disk');
  expect(exitCode).toBe(1);
  expect(stdout).toContain('no table of regions');
  expect(await refused('check', 'nothing')).toContain('no such file');
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
