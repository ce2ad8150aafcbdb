/** The commands on what is inside of disk images, run as a user runs them, on real file systems; checked by other tools. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extractPartition, tool } from '../../../sdk/disks/mount/test-images.test.helper.js';
import { disk, fresh, here, images, left, path, recordFile, text, twoParts } from './mounted-disks.test.helper.js';

describe.skipIf(!here)('a dynamic VHD with FAT and ext4', () => {
  test('is mounted, written, unmounted and committed', async () => {
    const image = await fresh('two.vhd', 'commit.vhd');
    expect(await disk('mount', image, 'm')).toMatchObject({
      exitCode: 0,
      stdout: `${path('m/1')}  partition 1, fat16\n${path('m/2')}  partition 2, ext4`,
    });
    await writeFile(path('m/1/a long name, in FAT.txt'), text);
    await mkdir(path('m/2/etc'));
    await writeFile(path('m/2/etc/it’s "here"'), text);
    const before = await readFile(path(image));
    expect(before.equals(await readFile(join(images, 'two.vhd')))).toBe(true);
    expect(await disk('unmount', '--commit', 'm')).toMatchObject({ exitCode: 0 });
    expect(existsSync(path('m'))).toBe(false);
    expect(left()).toEqual([]);

    const [fat, ext] = twoParts;
    if (fat === undefined || ext === undefined) throw new Error('two partitions');
    await extractPartition(path(image), 'vpc', fat, path('fat'));
    await tool('fsck.fat', ['-n', path('fat')]);
    expect(`${await tool('mtype', ['-i', path('fat'), '::/a long name, in FAT.txt'])}\n`).toBe(text);
    await extractPartition(path(image), 'vpc', ext, path('ext'));
    await tool('e2fsck', ['-f', '-n', path('ext')]);
    expect(`${await tool('debugfs', ['-R', 'cat "/etc/it’s ""here"""', path('ext')])}\n`).toBe(text);
  });

  test('is as it was, byte for byte, when what was written is discarded', async () => {
    const image = await fresh('two.vhd', 'discard.vhd');
    await disk('mount', image, 'd');
    await writeFile(path('d/1/x'), text);
    await writeFile(path('d/2/x'), text);
    const asked = await disk('unmount', 'd');
    expect(asked.exitCode).toBe(2);
    expect(asked.stderr).toContain('--commit');
    expect(asked.stderr).toContain('--discard');
    expect(await readFile(path('d/2/x'), 'utf8')).toBe(text);
    expect((await disk('unmount', '--discard', image)).stdout).toContain('discarded');
    expect((await readFile(path(image))).equals(await readFile(join(images, 'two.vhd')))).toBe(true);
    expect(left()).toEqual([]);
  });

  test('that is mounted is not mounted again, and is listed', async () => {
    const image = await fresh('two.vhd', 'twice.vhd');
    await disk('mount', '--read-only', image, 't');
    expect((await disk('mount', image, 't2')).stderr).toContain(`is mounted\n`);
    expect((await disk('put', 'twice.vhd', `${image}:1/x`)).exitCode).toBe(2);
    expect((await disk('mounts')).stdout).toContain(`${path(image)}  mounted, read-only`);
    await expect(writeFile(path('t/1/x'), text)).rejects.toMatchObject({ code: 'EROFS' });
    await expect(writeFile(path('t/2/x'), text)).rejects.toMatchObject({ code: 'EROFS' });
    expect(await disk('unmount', 't')).toMatchObject({ exitCode: 0 });
    expect((await disk('mounts')).stdout).toBe('Nothing is mounted.');
    expect(left()).toEqual([]);
  });

  test.each(['daemon', 'server'])(
    'of which the %s is killed is noticed, not committed, and cleaned up',
    async (what) => {
      const image = await fresh('two.vhd', `killed-${what}.vhd`);
      await disk('mount', image, 'k');
      await writeFile(path('k/1/x'), text);
      const record = JSON.parse(readFileSync(recordFile(), 'utf8')) as {
        daemon: { pid: number };
        partitions: { process: { pid: number } }[];
      };
      process.kill(what === 'daemon' ? record.daemon.pid : (record.partitions[0]?.process.pid ?? NaN), 'SIGKILL');
      expect((await disk('mounts')).stdout).toContain('broken');
      const refused = await disk('unmount', '--commit', 'k');
      expect(refused).toMatchObject({ exitCode: 3 });
      expect(refused.stderr).toContain('has died');
      expect(await disk('unmount', '--discard', 'k')).toMatchObject({ exitCode: 0 });
      expect(left()).toEqual([]);
      expect((await readFile(path(image))).equals(await readFile(join(images, 'two.vhd')))).toBe(true);
    },
  );
});

describe.skipIf(!here)('when something is wrong', () => {
  test('a damaged file system leaves nothing mounted', async () => {
    const image = await fresh('two.raw', 'damaged.raw');
    const bytes = readFileSync(path(image));
    // The table of ext’s block groups.
    const ext = twoParts[1]?.offset ?? 0;
    bytes.fill(0xff, ext + 2048, ext + 4096);
    writeFileSync(path(image), bytes);
    const failed = await disk('mount', image, 'w');
    expect(failed.exitCode).toBe(3);
    expect(failed.stderr).toContain('could not mount the ext4 file system');
    expect(existsSync(path('w'))).toBe(false);
    expect(left()).toEqual([]);
    expect((await disk('mounts')).stdout).toBe('Nothing is mounted.');
  });

  test('a folder with something in it is not mounted on', async () => {
    const image = await fresh('two.vhd', 'full.vhd');
    await mkdir(path('full'));
    await writeFile(path('full/x'), '');
    expect((await disk('mount', image, 'full')).stderr).toContain('it is not empty');
    expect((await disk('mount', image, 'no/such')).stderr).toContain('its parent folder is not there');
    expect((await disk('mount', image, 'p', '--partition', '3')).stderr).toContain('has no partition 3');
    expect((await disk('unmount', 'nothing')).stderr).toContain('nothing is not mounted');
    expect((await disk('unmount', '--commit', '--discard', 'x')).exitCode).toBe(2);
  });

  test('an image that somebody writes to is refused', async () => {
    const image = await fresh('two.vhd', 'open.vhd');
    const writer = await open(path(image), 'r+');
    expect((await disk('mount', image, 'o')).stderr).toContain('has it open for writing');
    await writer.close();
  });
});

describe.skipIf(!here)('single files', () => {
  test('go into FAT and replace what was there', async () => {
    const image = await fresh('two.vhd', 'fat.vhd');
    await writeFile(path('one'), 'one');
    await writeFile(path('two'), 'two, and longer');
    await disk('put', 'one', `${image}:1/NAME.TXT`);
    await disk('put', 'two', `${image}:1/name.txt`);
    expect((await disk('cat', `${image}:1/Name.txt`)).stdout).toBe('two, and longer');
    expect((await disk('put', 'one', `${image}:1/a:b`)).stderr).toContain(
      'could not be written; the image is as it was',
    );
    expect((await disk('ls', `${image}:1`)).stdout.split('\n')).toHaveLength(1);
    const [fat] = twoParts;
    if (fat === undefined) throw new Error('two partitions');
    await extractPartition(path(image), 'vpc', fat, path('fat-f'));
    await tool('fsck.fat', ['-n', path('fat-f')]);
  });
});
