/** The commands on what is inside of disk images, run as a user runs them, on real file systems; checked by other tools. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, copyFile, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extractPartition, tool } from '../../../sdk/disks/mount/test-images.test.helper.js';
import {
  disk,
  fresh,
  here,
  images,
  left,
  path,
  recordFile,
  text,
  twoParts,
  user,
} from './mounted-disks.test.helper.js';

describe.skipIf(!here)('a dynamic VHD with FAT and ext4', () => {
  test('that changed meanwhile gets no commit', async () => {
    const image = await fresh('two.vhd', 'changed.vhd');
    await disk('mount', image, 'c');
    await writeFile(path('c/1/x'), text);
    await copyFile(join(images, 'two.vhd'), path(image));
    expect((await disk('unmount', '--commit', 'c')).stderr).toContain('was changed while it was mounted');
    expect(await disk('unmount', '--discard', 'c')).toMatchObject({ exitCode: 0 });
  });

  test('keeps what was written while somebody is in the folder', async () => {
    const image = await fresh('two.vhd', 'busy.vhd');
    await disk('mount', '--partition', '2', image, 'b');
    await writeFile(path('b/x'), text);
    const descriptor = await open(path('b/x'));
    expect((await disk('unmount', '--commit', 'b')).stderr).toContain('is in use');
    await descriptor.close();
    expect(await disk('unmount', '--commit', 'b')).toMatchObject({ exitCode: 0 });
    expect((await disk('cat', `${image}:2/x`)).stdout).toBe(text.trim());
  });

  test('of which a commit was interrupted says so, and the commit is finished', async () => {
    const image = await fresh('two.vhd', 'interrupted.vhd');
    await disk('mount', image, 'i');
    await writeFile(path('i/2/x'), text.repeat(700_000));
    const started = user.start(['disk', 'unmount', '--commit', 'i'], { GUESTWRIGHT_CACHE: path('cache') });
    const record = recordFile();
    while (existsSync(record) && !readFileSync(record, 'utf8').includes('"state": "committing"')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    started.kill('SIGKILL');
    await started;
    expect(existsSync(record), 'the commit was over before it could be killed').toBe(true);
    expect((await disk('mount', image, 'i2')).stderr).toContain('was interrupted');
    expect((await disk('unmount', '--discard', image)).exitCode).toBe(2);
    expect(await disk('unmount', '--commit', image)).toMatchObject({ exitCode: 0 });
    expect((await disk('cat', `${image}:2/x`)).stdout).toBe(text.repeat(700_000).trimEnd());
    const [, ext] = twoParts;
    if (ext === undefined) throw new Error('two partitions');
    await extractPartition(path(image), 'vpc', ext, path('ext-i'));
    await tool('e2fsck', ['-f', '-n', path('ext-i')]);
  });
});

describe.skipIf(!here)('a differencing VHD', () => {
  test('is read and written over its parent, which stays as it is', async () => {
    const parent = await fresh('two.vhd', 'parent.vhd');
    await writeFile(path('source'), text);
    await disk('put', 'source', `${parent}:2/of-parent`);
    const before = readFileSync(path(parent));
    expect(await disk('create', '--parent', parent, 'child.vhd')).toMatchObject({ exitCode: 0 });
    expect(await disk('put', 'source', 'child.vhd:2/of-child')).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await disk('cat', 'child.vhd:2/of-parent')).stdout).toBe(text.trim());
    expect((await disk('cat', 'child.vhd:2/of-child')).stdout).toBe(text.trim());
    expect(readFileSync(path(parent)).equals(before)).toBe(true);
    expect(left()).toEqual([]);
  });
});

describe.skipIf(!here)('single files', () => {
  const names = ['plain', 'with space', 'a"; rm b', '-rf', 'new\nline', "it's", '$(id)', 'ünï'];

  test('of every name go into ext4 and come out the same', async () => {
    const image = await fresh('two.vhd', 'files.vhd');
    await writeFile(path('source'), text);
    for (const name of names.slice(0, 5)) {
      expect(await disk('put', 'source', `${image}:2/${name}`)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await disk('get', `${image}:2/${name}`, 'copy')).toMatchObject({ exitCode: 0 });
      expect(await readFile(path('copy'), 'utf8')).toBe(text);
    }
    const listed = JSON.parse((await disk('ls', '--json', `${image}:2`)).stdout) as { name: string }[];
    expect(listed.map(({ name }) => name).sort()).toEqual(['lost+found', ...names.slice(0, 5)].sort());
    expect((await disk('ls', `${image}:2`)).stdout).not.toContain('new\nline');
    expect(left()).toEqual([]);
  });

  test('that are links never lead out of the image', async () => {
    const image = await fresh('two.vhd', 'links.vhd');
    await writeFile(path('secret'), 'of this host');
    await disk('mount', '--partition', '2', image, 'l');
    await symlink(path('secret'), path('l/absolute'));
    await symlink('../../../../../../../../etc/passwd', path('l/climbing'));
    await symlink('/inside', path('l/fine'));
    await symlink('circle', path('l/circle'));
    await writeFile(path('l/inside'), text);
    await tool('mkfifo', [path('l/pipe')]);
    await disk('unmount', '--commit', 'l');
    expect((await disk('cat', `${image}:2/absolute`)).exitCode).toBe(2);
    expect((await disk('cat', `${image}:2/climbing`)).exitCode).toBe(2);
    expect((await disk('cat', `${image}:2/fine`)).stdout).toBe(text.trim());
    expect((await disk('cat', `${image}:2/circle`)).stderr).toContain('leads in circles');
    expect((await disk('cat', `${image}:2/pipe`)).stderr).toContain('is not a file');
    // The folder, not the file that the link names on this host.
    expect((await disk('put', 'secret', `${image}:2/absolute`)).exitCode).toBe(2);
  });

  test('keep rights and owner when they are replaced', async () => {
    const image = await fresh('two.vhd', 'rights.vhd');
    await writeFile(path('script'), '#!/bin/sh\n');
    await chmod(path('script'), 0o755);
    await disk('put', 'script', `${image}:2/script`);
    await chmod(path('script'), 0o600);
    await disk('put', 'script', `${image}:2/script`);
    const [, ext] = twoParts;
    if (ext === undefined) throw new Error('two partitions');
    await extractPartition(path(image), 'vpc', ext, path('ext-r'));
    expect(await tool('debugfs', ['-R', 'stat /script', path('ext-r')])).toMatch(
      /Mode: {2}0755.*\nUser: +0 +Group: +0/s,
    );
  });

  test.each(['qcow2', 'vmdk', 'vhdx'])('go into %s, which QEMU writes', async (format) => {
    const image = `other.${format}`;
    await tool('qemu-img', ['convert', '-f', 'raw', '-O', format, join(images, 'two.raw'), path(image)]);
    await writeFile(path('source'), text);
    expect(await disk('put', 'source', `${image}:2/put`)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await disk('cat', `${image}:2/put`)).stdout).toBe(text.trim());
    expect((await disk('ls', image)).stdout).toMatch(/^partition 1 .*fat16\npartition 2 .*ext4$/);
    const [, ext] = twoParts;
    if (ext === undefined) throw new Error('two partitions');
    await extractPartition(path(image), format, ext, path('ext-q'));
    expect(`${await tool('debugfs', ['-R', 'cat /put', path('ext-q')])}\n`).toBe(text);
    expect(left()).toEqual([]);
  });

  test('go into NTFS', async () => {
    const image = await fresh('ntfs.raw', 'ntfs.raw');
    await writeFile(path('source'), text);
    expect(await disk('put', 'source', `${image}:/put`)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await disk('cat', `${image}:/put`)).stdout).toBe(text.trim());
    const bytes = readFileSync(path(image)).subarray(2048 * 512);
    writeFileSync(path('ntfs.part'), bytes.subarray(0, 40_960 * 512));
    expect(`${await tool('ntfscat', ['-f', path('ntfs.part'), 'put'])}\n`).toBe(text);
    expect(statSync(path(image)).size).toBe(statSync(join(images, 'ntfs.raw')).size);
  });
});
