import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BytesStorage, FileStorage, type Storage } from './storage.js';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const kinds: [string, () => Storage][] = [
  ['a file', () => new FileStorage(join(folder, 'image'), 'new')],
  ['bytes in memory', () => new BytesStorage()],
];

describe.each(kinds)('%s', (_name, open) => {
  test('writing beyond its end leaves zeros between', () => {
    const storage = open();
    storage.write(5, Uint8Array.of(1, 2));
    storage.write(1, Uint8Array.of(9));
    expect(storage.size()).toBe(7);
    expect([...storage.read(0, 7)]).toEqual([0, 9, 0, 0, 0, 1, 2]);
    storage.truncate(2);
    expect([...storage.read(0, 2)]).toEqual([0, 9]);
    storage.flush();
    storage.close();
  });

  test('what is not whole in it is not read', () => {
    const storage = open();
    storage.write(0, Uint8Array.of(1, 2, 3));
    expect(() => storage.read(2, 2)).toThrow(RangeError);
    expect(() => storage.read(4, 1)).toThrow(RangeError);
    expect([...storage.read(3, 0)]).toEqual([]);
    storage.close();
  });

  test('what was read is a copy', () => {
    const storage = open();
    storage.write(0, Uint8Array.of(1, 2));
    const read = storage.read(0, 2);
    read[0] = 7;
    expect([...storage.read(0, 2)]).toEqual([1, 2]);
    storage.close();
  });
});
