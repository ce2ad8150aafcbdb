import { expect, test } from 'vitest';
import { writeCpio, type CpioEntry } from './cpio.js';

/** An independent reader: what a kernel would find in the archive. */
function readCpio(archive: Uint8Array) {
  const bytes = Buffer.from(archive);
  const found: { path: string; mode: number; data: string; mtime: number; device: [number, number] }[] = [];
  for (let at = 0; ;) {
    const field = (index: number) => parseInt(bytes.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    if (bytes.toString('latin1', at, at + 6) !== '070701') throw new Error(`no header at ${at}`);
    const [mode, mtime, size, nameLength] = [field(1), field(5), field(6), field(11)];
    const path = bytes.toString('utf8', at + 110, at + 110 + nameLength - 1);
    const start = Math.ceil((at + 110 + nameLength) / 4) * 4;
    if (path === 'TRAILER!!!') return found;
    found.push({ path, mode, mtime, data: bytes.toString('utf8', start, start + size), device: [field(9), field(10)] });
    at = Math.ceil((start + size) / 4) * 4;
  }
}

const ENTRIES: CpioEntry[] = [
  { type: 'directory', path: 'bin', mode: 0o755 },
  { type: 'file', path: 'bin/one', mode: 0o755, data: new TextEncoder().encode('x') },
  { type: 'file', path: 'bin/empty', mode: 0o600, data: new Uint8Array() },
  { type: 'symlink', path: 'bin/ünlike', target: 'one' },
  { type: 'device', path: 'console', mode: 0o600, major: 5, minor: 1 },
];

test('an archive read again holds the same entries, whatever the lengths of names and data', () => {
  expect(readCpio(writeCpio(ENTRIES))).toEqual([
    { path: 'bin', mode: 0o040755, mtime: 0, data: '', device: [0, 0] },
    { path: 'bin/one', mode: 0o100755, mtime: 0, data: 'x', device: [0, 0] },
    { path: 'bin/empty', mode: 0o100600, mtime: 0, data: '', device: [0, 0] },
    { path: 'bin/ünlike', mode: 0o120777, mtime: 0, data: 'one', device: [0, 0] },
    { path: 'console', mode: 0o020600, mtime: 0, data: '', device: [5, 1] },
  ]);
});

test('equal entries give equal bytes', () => {
  expect(writeCpio(ENTRIES)).toEqual(writeCpio(structuredClone(ENTRIES)));
});

test('a path that comes twice is refused', () => {
  const twice: CpioEntry = { type: 'directory', path: 'bin', mode: 0o755 };
  expect(() => writeCpio([twice, twice])).toThrow('bin twice');
});
