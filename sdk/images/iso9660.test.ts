import { expect, test } from 'vitest';
import { writeIso } from './iso9660.js';

const SECTOR = 2048;
const boot = Uint8Array.from({ length: 5000 }, (_, index) => (index * 7) & 255);
const text = new TextEncoder().encode('hello\n');
const iso = () =>
  writeIso({
    volume: 'TEST',
    boot: 'BOOT.BIN',
    files: [
      { name: 'TEXT', data: text },
      { name: 'BOOT.BIN', data: boot },
    ],
  });

/** Reads the root directory as a guest does: from the descriptor to the records. */
function files(image: Uint8Array): Map<string, { sector: number; length: number }> {
  const bytes = Buffer.from(image);
  const descriptor = bytes.subarray(16 * SECTOR);
  expect(descriptor.toString('latin1', 1, 6)).toBe('CD001');
  const root = descriptor.readUInt32LE(156 + 2) * SECTOR;
  const end = root + descriptor.readUInt32LE(156 + 10);
  const found = new Map<string, { sector: number; length: number }>();
  for (let at = root; at < end && bytes[at] !== 0; at += bytes.readUInt8(at)) {
    const name = bytes.toString('latin1', at + 33, at + 33 + bytes.readUInt8(at + 32));
    expect(bytes.readUInt32LE(at + 2)).toBe(bytes.readUInt32BE(at + 6));
    found.set(name, { sector: bytes.readUInt32LE(at + 2), length: bytes.readUInt32LE(at + 10) });
  }
  return found;
}

test('the files are where the directory says, whole', () => {
  const image = iso();
  const found = files(image);
  expect([...found.keys()]).toEqual(['\0', '\x01', 'BOOT.BIN;1', 'TEXT.;1']);
  const place = found.get('TEXT.;1');
  expect(place?.length).toBe(text.length);
  const start = (place?.sector ?? 0) * SECTOR;
  expect(image.subarray(start, start + text.length)).toEqual(text);
  expect(image.length).toBe(Buffer.from(image).readUInt32LE(16 * SECTOR + 80) * SECTOR);
});

test('the BIOS finds the boot file through the boot record and a catalogue with a right checksum', () => {
  const bytes = Buffer.from(iso());
  const record = bytes.subarray(17 * SECTOR);
  expect(record.toString('latin1', 7, 30)).toBe('EL TORITO SPECIFICATION');
  const catalogue = bytes.subarray(record.readUInt32LE(0x47) * SECTOR);
  let sum = 0;
  for (let at = 0; at < 32; at += 2) sum = (sum + catalogue.readUInt16LE(at)) & 0xffff;
  expect(sum).toBe(0);
  expect([catalogue[30], catalogue[31], catalogue[32]]).toEqual([0x55, 0xaa, 0x88]);
  expect(catalogue.readUInt32LE(40)).toBe(files(bytes).get('BOOT.BIN;1')?.sector);
});

test('the boot file is told where it lies and carries the checksum of the rest', () => {
  const image = iso();
  const place = files(image).get('BOOT.BIN;1');
  const start = (place?.sector ?? 0) * SECTOR;
  const table = Buffer.from(image.subarray(start));
  expect([table.readUInt32LE(8), table.readUInt32LE(12), table.readUInt32LE(16)]).toEqual([16, place?.sector, 5000]);
  let sum = 0;
  for (let at = 64; at < 5000; at += 4) sum = (sum + table.readUInt32LE(at)) >>> 0;
  expect(table.readUInt32LE(20)).toBe(sum);
  expect(image.subarray(start + 64, start + 5000)).toEqual(boot.subarray(64));
});

test.each(['boot.bin', 'TOOLONGNAME', '../X', 'A.B.C', ''])('the name %j is refused', (name) => {
  expect(() => writeIso({ volume: 'TEST', boot: name, files: [{ name, data: text }] })).toThrow(RangeError);
});

test('more files than one sector of directory holds are refused', () => {
  const many = Array.from({ length: 60 }, (_, index) => ({ name: `FILE${index}`, data: text }));
  expect(() => writeIso({ volume: 'TEST', boot: 'FILE0', files: many })).toThrow('Too many files');
});
