import { describe, expect, test } from 'vitest';
import { checkVhd } from './check.js';
import { SECTOR } from './format.js';
import { openVhd, type VhdDisk } from './disk.js';
import { repairVhd } from './repair.js';
import { resizeVhd } from './resize.js';
import {
  afterKill,
  afterPowerCut,
  Chance,
  childOf,
  contents,
  expectSame,
  IDS,
  image,
  piece,
  RecordedStorage,
  spoilFooter,
  writable,
} from './vhd.test.helper.js';
import type { BytesStorage } from '../storage.js';

const [, B = ''] = IDS;
/** What a kill may leave, and what no disk misses. */
const HARMLESS = new Set(['footer-damaged', 'copy-damaged', 'copy-differs', 'trailing-garbage', 'room-lost']);

/** What the disk held after each write, and how many steps of the storage that was after. */
interface History {
  storage: RecordedStorage;
  before: Uint8Array;
  states: { steps: number; flushed: boolean; bytes: Uint8Array }[];
}

function write(start: BytesStorage, parent: VhdDisk | undefined, seed: number): History {
  const before = start.bytes.slice();
  const storage = new RecordedStorage(start.bytes.slice());
  const disk = writable(storage, parent === undefined ? {} : { parent });
  const chance = new Chance(seed);
  const states = [{ steps: 0, flushed: true, bytes: contents(disk) }];
  for (let i = 0; i < 16; i++) {
    const flushed = chance.below(3) === 0;
    if (flushed) disk.flush();
    else {
      const { offset, length } = piece(chance, disk.size, 9000);
      disk.write(offset, chance.bytes(length));
    }
    states.push({ steps: storage.steps.length, flushed, bytes: contents(disk) });
  }
  return { storage, before, states };
}

/** Every sector has what was flushed last, or something written after that. */
function expectKept({ states }: History, steps: number, disk: VhdDisk): void {
  const safe = states.findLastIndex((state) => state.flushed && state.steps <= steps);
  // The one that was being made is half there.
  const begun = states.findIndex((state) => state.steps > steps);
  const possible = states.slice(safe, begun < 0 ? undefined : begun + 1);
  const seen = contents(disk);
  for (let at = 0; at < disk.size; at += SECTOR) {
    const sector = Buffer.from(seen.subarray(at, at + SECTOR));
    const known = possible.some(({ bytes }) => sector.equals(bytes.subarray(at, at + SECTOR)));
    if (!known) expect.fail(`after ${steps} steps sector ${at / SECTOR} has what was never there`);
  }
}

/** It opens with what was kept; goes on being written to; and is repaired. */
function expectWhole(history: History, steps: number, left: BytesStorage, parent: VhdDisk | undefined): void {
  const options = parent === undefined ? {} : { parent };
  expectKept(history, steps, openVhd(left, options));
  for (const finding of checkVhd(left)) if (!HARMLESS.has(finding.kind)) expect.fail(`${steps}: ${finding.kind}`);
  const disk = writable(left, options);
  const model = contents(disk);
  for (const offset of [700, 30_000]) {
    disk.write(offset, new Uint8Array(6000).fill(0x77));
    model.fill(0x77, offset, offset + 6000);
  }
  disk.flush();
  expectSame(contents(openVhd(left, options)), model);
  repairVhd(left);
  for (const finding of checkVhd(left))
    if (finding.kind !== 'room-lost') expect.fail(`${steps}: ${finding.kind} is left`);
  expectSame(contents(openVhd(left, options)), model);
}

function parentWithData(): VhdDisk {
  const parent = writable(image({ type: 'dynamic' }));
  parent.write(0, new Uint8Array(parent.size).fill(0xee));
  parent.flush();
  return parent;
}

function withData(storage: BytesStorage, parent?: VhdDisk): BytesStorage {
  const disk = writable(storage, parent === undefined ? {} : { parent });
  disk.write(20_000, new Uint8Array(5000).fill(0x11));
  disk.flush();
  return storage;
}

const kinds: [string, () => { start: BytesStorage; parent?: VhdDisk }][] = [
  ['dynamic', () => ({ start: withData(image({ type: 'dynamic' })) })],
  [
    'differencing',
    () => {
      const parent = parentWithData();
      return { start: withData(childOf(parent, B), parent), parent };
    },
  ],
  [
    'dynamic, with a damaged footer',
    () => {
      const start = withData(image({ type: 'dynamic' }));
      spoilFooter(start);
      return { start };
    },
  ],
  [
    'dynamic, with a damaged copy of the footer',
    () => {
      const start = withData(image({ type: 'dynamic' }));
      start.write(100, Uint8Array.of(1));
      return { start };
    },
  ],
];

describe.each(kinds)('%s', (_name, make) => {
  test.each([1, 2])('killed at any write it opens, and holds what was flushed (seed %i)', (seed) => {
    const { start, parent } = make();
    const history = write(start, parent, seed);
    const { steps } = history.storage;
    expect(steps.length).toBeGreaterThan(15);
    for (let count = 0; count <= steps.length; count++) {
      const last = steps[count - 1];
      const sectors = last?.kind === 'write' ? Math.ceil(last.bytes.length / SECTOR) : 1;
      for (let cut = 1; cut <= sectors; cut++) {
        const done = cut === sectors ? count : count - 1;
        expectWhole(history, done, afterKill(history.before, steps.slice(0, count), cut), parent);
      }
    }
  });

  test.each([1, 2, 3])(
    'a power cut at any write leaves what was flushed, whatever else it leaves (seed %i)',
    (seed) => {
      const { start, parent } = make();
      const history = write(start, parent, seed + 100);
      const { steps } = history.storage;
      const chance = new Chance(seed);
      for (let count = 0; count <= steps.length; count++) {
        for (let again = 0; again < 2; again++) {
          const left = afterPowerCut(history.before, steps.slice(0, count), chance);
          expectWhole(history, count, left, parent);
        }
      }
    },
  );
});

describe.each([
  ['fixed, made larger', 'fixed', 100_352],
  ['fixed, made smaller', 'fixed', 40_960],
  ['dynamic, made larger', 'dynamic', 100_352],
  ['dynamic, made so large that its table moves', 'dynamic', 4096 * 500],
  ['dynamic, made smaller', 'dynamic', 40_960],
] as const)('%s', (_name, type, size) => {
  test('killed at any write, or after a power cut, it has one of the two sizes and what is in both', () => {
    const start = withData(image({ type }));
    const before = start.bytes.slice();
    const whole = contents(openVhd(start));
    const storage = new RecordedStorage(start.bytes.slice());
    resizeVhd(storage, size);
    const chance = new Chance(5);
    for (let count = 0; count <= storage.steps.length; count++) {
      const steps = storage.steps.slice(0, count);
      const tries = [afterKill(before, steps, 1), afterKill(before, steps, Infinity)];
      // The footer of a fixed disk is one sector, written before all else; what is behind it is not looked at.
      if (type === 'dynamic') for (let again = 0; again < 10; again++) tries.push(afterPowerCut(before, steps, chance));
      for (const left of tries) {
        const disk = openVhd(left);
        expect([size, whole.length]).toContain(disk.size);
        const common = Math.min(size, whole.length);
        expectSame(disk.read(0, common), whole.subarray(0, common));
        resizeVhd(left, size);
        expect(openVhd(left).size).toBe(size);
      }
    }
  });
});
