import { describe, expect, test } from 'vitest';
import type { BytesStorage } from '../storage.js';
import { checkVhd, repairOf, type VhdFinding } from './check.js';
import { openVhd } from './disk.js';
import { FOOTER_BYTES, SECTOR, sealFooter, sealHeader, UNALLOCATED, viewOf } from './format.js';
import { readVhd } from './read-vhd.js';
import { repairVhd } from './repair.js';
import { childOf, codeOf, contents, expectSame, IDS, image, writable } from './vhd.test.helper.js';
import { wordFinding } from './word-vhd.js';

const [, B = ''] = IDS;
const HEADER_AT = 512;
const TABLE_AT = 1536;

/** With blocks 0, 1, 2, 5 and 20. */
function dynamic(): BytesStorage {
  const storage = image({ type: 'dynamic' });
  const disk = writable(storage);
  for (const block of [0, 1, 2, 5, 20]) disk.write(block * 4096, new Uint8Array(SECTOR).fill(block + 1));
  disk.flush();
  return storage;
}

function child(): BytesStorage {
  const storage = childOf(openVhd(dynamic()), B);
  return storage;
}

function view(storage: BytesStorage): DataView {
  return viewOf(storage.bytes);
}

function entry(storage: BytesStorage, block: number): number {
  return view(storage).getUint32(TABLE_AT + 4 * block);
}

function setEntry(storage: BytesStorage, block: number, value: number): void {
  view(storage).setUint32(TABLE_AT + 4 * block, value);
}

function footer(storage: BytesStorage): Uint8Array {
  return storage.bytes.subarray(storage.size() - FOOTER_BYTES);
}

/** Changes both footers, which stay as valid as they were. */
function changeFooters(storage: BytesStorage, change: (footer: DataView) => void): void {
  for (const bytes of [footer(storage), storage.bytes.subarray(0, FOOTER_BYTES)]) {
    change(viewOf(bytes));
    sealFooter(bytes);
  }
}

function changeHeader(storage: BytesStorage, change: (header: DataView) => void): void {
  const header = storage.bytes.subarray(HEADER_AT, TABLE_AT);
  change(viewOf(header));
  sealHeader(header);
}

interface Case {
  name: string;
  make?: () => BytesStorage;
  spoil: (storage: BytesStorage) => void;
  finding: Partial<VhdFinding> & Pick<VhdFinding, 'kind'>;
  /** What reading it ends in; null: it is read. */
  reads: string | null;
  /** What opening it for writing ends in, where that differs. */
  writes?: string;
  words: RegExp;
}

const damaged = 'usage/disk-damaged';
const cases: Case[] = [
  {
    name: 'the footer is overwritten',
    spoil: (storage) => footer(storage).fill(0),
    finding: { kind: 'footer-damaged', why: 'missing' },
    reads: null,
    words: /footer is missing, but its copy/,
  },
  {
    name: 'the footer has a wrong byte',
    spoil: (storage) => view(storage).setUint8(storage.size() - 100, 1),
    finding: { kind: 'footer-damaged', why: 'checksum' },
    reads: null,
    words: /footer has a wrong checksum, but its copy/,
  },
  {
    name: 'the copy of the footer is overwritten',
    spoil: (storage) => storage.write(0, new Uint8Array(8)),
    finding: { kind: 'copy-damaged', why: 'missing' },
    reads: null,
    words: /the copy of its footer at the start is missing/,
  },
  {
    name: 'the copy says something else',
    spoil: (storage) => {
      view(storage).setUint8(84, 1);
      sealFooter(storage.bytes.subarray(0, FOOTER_BYTES));
    },
    finding: { kind: 'copy-differs' },
    reads: null,
    words: /says something else/,
  },
  {
    name: 'only the checksums of both footers are wrong',
    spoil: (storage) => {
      for (const at of [64, storage.size() - FOOTER_BYTES + 64]) view(storage).setUint32(at, 1);
    },
    finding: { kind: 'checksum-alone', of: 'footer' },
    reads: damaged,
    words: /its footer has a wrong checksum, but all that it says is true/,
  },
  {
    name: 'only the checksum of the header is wrong',
    spoil: (storage) => view(storage).setUint32(HEADER_AT + 36, 1),
    finding: { kind: 'checksum-alone', of: 'header' },
    reads: damaged,
    words: /its header has a wrong checksum, but/,
  },
  {
    name: 'the header has a wrong checksum, and says what cannot be',
    spoil: (storage) => view(storage).setUint32(HEADER_AT + 32, 1000),
    finding: { kind: 'header-damaged', why: 'checksum', at: HEADER_AT },
    reads: damaged,
    words: /header at 512 has a wrong checksum/,
  },
  {
    name: 'there is garbage behind the footer',
    spoil: (storage) => storage.write(storage.size(), new Uint8Array(1000).fill(3)),
    finding: { kind: 'trailing-garbage', length: 1512 },
    reads: null,
    words: /1512 bytes at \d+ belong to nothing/,
  },
  {
    name: 'a fixed disk has more than its size',
    make: () => image({ type: 'fixed', size: 4096 }),
    spoil: (storage) => storage.write(storage.size() + 100, footer(storage).slice()),
    finding: { kind: 'trailing-garbage', at: 4096, length: 612 },
    reads: null,
    words: /612 bytes at 4096/,
  },
  {
    name: 'a fixed disk has less than its size',
    make: () => image({ type: 'fixed', size: 4096 }),
    spoil: (storage) => {
      const bytes = footer(storage).slice();
      storage.truncate(2048);
      storage.write(2048, bytes);
    },
    finding: { kind: 'size-beyond-file', size: 4096, limit: 2048 },
    reads: damaged,
    words: /its size is 4096 bytes, but the file has only 2048/,
  },
  {
    name: 'its size is larger than any disk can be',
    spoil: (storage) => changeFooters(storage, (bytes) => bytes.setUint32(48, 0xffffffff)),
    finding: { kind: 'size-impossible' },
    reads: damaged,
    words: /its size is 18446744069414/,
  },
  {
    name: 'its size needs a longer table than there is',
    spoil: (storage) => changeFooters(storage, (bytes) => bytes.setBigUint64(48, 1n << 40n)),
    finding: { kind: 'table-too-short', entries: 21, blocks: 2 ** 28 },
    reads: damaged,
    words: /table has 21 entries, but its size needs 268435456/,
  },
  {
    name: 'its table is longer than the file',
    spoil: (storage) => changeHeader(storage, (bytes) => bytes.setUint32(28, 0x7fffffff)),
    finding: { kind: 'table-misplaced', why: 'outside' },
    reads: damaged,
    words: /table of 2147483647 entries at 1536 is not within the file/,
  },
  {
    name: 'its table is where its header is',
    spoil: (storage) => changeHeader(storage, (bytes) => bytes.setBigUint64(16, 1024n)),
    finding: { kind: 'table-misplaced', why: 'overlapping' },
    reads: damaged,
    words: /overlaps its header/,
  },
  {
    name: 'its header is said to be far away',
    spoil: (storage) => changeFooters(storage, (bytes) => bytes.setBigUint64(16, (1n << 63n) + 512n)),
    finding: { kind: 'header-outside' },
    reads: damaged,
    words: /header is said to be at 9223372036854776320/,
  },
  {
    name: 'its blocks have an impossible size',
    spoil: (storage) => changeHeader(storage, (bytes) => bytes.setUint32(32, 0x80000000)),
    finding: { kind: 'block-size-impossible' },
    reads: damaged,
    words: /blocks have 2147483648 bytes/,
  },
  {
    name: 'a block is beyond the end',
    spoil: (storage) => setEntry(storage, 5, 0xfffffffe),
    finding: { kind: 'block-outside', block: 5, part: 'bitmap' },
    reads: damaged,
    words: /the bitmap of block 5, at 2199023254528, is not within the file/,
  },
  {
    name: "a block's data are cut off by the end",
    spoil: (storage) => setEntry(storage, 5, entry(storage, 20) + 1),
    finding: { kind: 'block-outside', block: 5, part: 'data' },
    reads: damaged,
    words: /the data of block 5/,
  },
  {
    name: 'two blocks are at one place',
    spoil: (storage) => setEntry(storage, 5, entry(storage, 1)),
    finding: { kind: 'block-duplicate', block: 1 },
    reads: null,
    writes: damaged,
    words: /block 1, at \d+, is where another block is/,
  },
  {
    name: 'two blocks overlap',
    spoil: (storage) => setEntry(storage, 5, entry(storage, 1) + 3),
    finding: { kind: 'block-overlapping', block: 1 },
    reads: null,
    writes: damaged,
    words: /overlaps another block/,
  },
  {
    name: 'a block is where the header is',
    spoil: (storage) => setEntry(storage, 5, 1),
    finding: { kind: 'block-in-structure', block: 5, structure: 'header' },
    reads: null,
    writes: damaged,
    words: /block 5, at 512, is where the header is/,
  },
  {
    name: 'a block has no entry any more',
    spoil: (storage) => setEntry(storage, 5, UNALLOCATED),
    finding: { kind: 'room-lost', length: 4096 + SECTOR },
    reads: null,
    words: /nothing points at 4608 bytes/,
  },
  {
    name: "a parent's name is beyond the end",
    make: child,
    spoil: (storage) => changeHeader(storage, (bytes) => bytes.setBigUint64(592, 1n << 62n)),
    finding: { kind: 'locator-outside', platform: 'W2ru' },
    reads: null,
    words: /a name of its parent \("W2ru"/,
  },
  {
    name: "a parent's name has more bytes than a path",
    make: child,
    spoil: (storage) => changeHeader(storage, (bytes) => bytes.setUint32(584, 0xfffffff0)),
    finding: { kind: 'locator-outside' },
    reads: null,
    words: /4294967280 bytes/,
  },
];

const parent = () => openVhd(dynamic());

describe.each(cases)('$name', ({ make = dynamic, spoil, finding, reads, writes, words }) => {
  const spoilt = () => {
    const storage = make();
    spoil(storage);
    return storage;
  };
  const open = (storage: BytesStorage, write: boolean) =>
    openVhd(storage, { ...(make === child && { parent: parent() }), writable: write });

  test('is told, in words', () => {
    const storage = spoilt();
    const before = storage.bytes.slice();
    const found = checkVhd(storage).find(({ kind }) => kind === finding.kind);
    expect(found).toMatchObject(finding);
    expect(found === undefined ? '' : wordFinding(found)).toMatch(words);
    expectSame(storage.bytes, before);
  });

  test('reading and writing it end as they should', () => {
    expect(codeOf(() => contents(open(spoilt(), false)))).toBe(reads);
    const storage = spoilt();
    const before = storage.bytes.slice();
    expect(codeOf(() => open(storage, true))).toBe(writes ?? reads);
    expectSame(storage.bytes, before);
  });

  test('is repaired where that can be, and else left as it is', () => {
    const whole = make();
    const storage = spoilt();
    const before = storage.bytes.slice();
    const { repaired, left } = repairVhd(storage);
    const by = repairOf(checkVhd(spoilt()).find(({ kind }) => kind === finding.kind) ?? { kind: 'no-vhd' });
    if (by !== 'safe') {
      expect(repaired).toEqual([]);
      expect(left.map(({ kind }) => kind)).toContain(finding.kind);
      expectSame(storage.bytes, before);
      return;
    }
    expect(repaired.map(({ kind }) => kind)).toContain(finding.kind);
    expect(left).toEqual([]);
    expectSame(contents(openVhd(storage)), contents(openVhd(whole)));
    expect(repairVhd(storage)).toEqual({ repaired: [], left: [] });
  });
});

test('blocks that point outside are dropped when data may be lost, and the others stay', () => {
  const storage = dynamic();
  const model = contents(openVhd(storage));
  setEntry(storage, 5, 0xfffffffe);
  setEntry(storage, 2, 0);
  model.fill(0, 5 * 4096, 6 * 4096).fill(0, 2 * 4096, 3 * 4096);
  const { repaired, left } = repairVhd(storage, { loseData: true });
  expect(repaired.map(({ kind }) => kind).sort()).toEqual(['block-in-structure', 'block-outside']);
  // The two are side by side.
  expect(left).toMatchObject([{ kind: 'room-lost', length: 2 * (4096 + SECTOR) }]);
  expectSame(contents(writable(storage)), model);
});

test('what is no VHD says so', () => {
  for (const size of [0, 100, 511, 512, 5000]) {
    const storage = image({ type: 'fixed', size: 512 });
    storage.truncate(0);
    storage.write(0, new Uint8Array(size));
    expect(codeOf(() => readVhd(storage))).toBe('usage/disk-format-unknown');
    expect(checkVhd(storage)).toEqual([{ kind: 'no-vhd' }]);
  }
});

test("a parent that is not the disk's is told", () => {
  const other = openVhd(image({ type: 'dynamic', id: B.replaceAll('b', 'e') }));
  expect(checkVhd(child(), parent())).toEqual([]);
  expect(checkVhd(child(), other)).toMatchObject([{ kind: 'parent', code: 'disk-parent-wrong' }]);
});
