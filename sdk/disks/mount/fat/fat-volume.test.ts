/** What is done to a FAT file system by chance, against a model in memory; then its own checker and mtools look at it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileStorage } from '../../storage.js';
import { haveTools, makeRawDisk, tool, type Made } from '../test-images.test.helper.js';
import { FatVolume } from './fat-volume.js';

const here = await haveTools('mkfs.vfat', 'fsck.fat', 'mtype');
let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-fat-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!here).each<Made>(['fat16', 'fat32'])('%s', (made) => {
  test.each([1, 2, 3])('is what was written, whatever was done to it (seed %i)', async (seed) => {
    await makeRawDisk(join(folder, 'disk'), folder, [made]);
    const image = join(folder, 'made-0');
    const size = statSync(image).size;
    const storage = new FileStorage(image, 'write');
    const volume = await FatVolume.open(storage, { writable: true });
    const random = xoroshiro128plus(seed);
    const below = (end: number) => uniformInt(random, 0, end - 1);
    const bytesOf = (length: number) => Uint8Array.from({ length }, () => below(256));
    const model = new Map<string, Uint8Array>();
    for (const name of ['/sub', '/sub/deeper, with a long name']) volume.makeDirectory(name);
    const places = ['', '/sub', '/sub/deeper, with a long name'];

    for (let step = 0; step < 300; step++) {
      const name = `${places[below(3)] ?? ''}/a name of more than 8.3, ${below(12)}`;
      const old = model.get(name);
      if (old === undefined) {
        const file = volume.open(name, 'create');
        const content = bytesOf(below(9000));
        expect(file.write(0, content)).toBe(content.length);
        file.close();
        model.set(name, content);
      } else if (below(4) === 0) {
        volume.remove(name);
        model.delete(name);
      } else if (below(3) === 0) {
        const to = `${places[below(3)] ?? ''}/moved ${step}`;
        volume.rename(name, to);
        model.delete(name);
        model.set(to, old);
      } else {
        const file = volume.open(name, 'write');
        const part = bytesOf(below(3000));
        const at = below(12_000);
        const end = below(3) === 0 ? below(15_000) : Math.max(old.length, at + part.length);
        expect(file.write(at, part)).toBe(part.length);
        expect(file.truncate(end)).toBe(true);
        file.close();
        const content = new Uint8Array(Math.max(old.length, at + part.length, end));
        content.set(old);
        content.set(part, at);
        model.set(name, content.slice(0, end));
      }
    }

    for (const [name, content] of model) {
      const file = volume.open(name, 'read');
      expect(Buffer.compare(file.read(0, content.length + 1), content), name).toBe(0);
      file.close();
    }
    const listed = places.flatMap((place) =>
      volume.list(place === '' ? '/' : place).flatMap(({ name, directory }) => (directory ? [] : [`${place}/${name}`])),
    );
    expect(listed.sort()).toEqual([...model.keys()].sort());
    volume.close();
    storage.close();
    expect(statSync(image).size).toBe(size);
    await tool('fsck.fat', ['-n', image]);
    const [[name, content] = ['', new Uint8Array()]] = model;
    await tool('mcopy', ['-n', '-i', image, `::${name}`, join(folder, 'out')]);
    expect(statSync(join(folder, 'out')).size).toBe(content.length);
    rmSync(join(folder, 'out'));
  });
});
