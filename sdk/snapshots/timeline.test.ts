import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ScreenContent, TextContent } from '../screen/content.js';
import { collectGarbage, removeDamage, storeStats, verifyStore } from './maintenance.js';
import { keyOf, StoreFolder } from './store.test.helper.js';
import { readTimeline, timelineFolder, writeTimelines } from './timeline-files.js';
import { decodeTimeline, encodeTimeline, Timeline } from './timeline.js';

const TEXT: TextContent = {
  kind: 'text',
  columns: 2,
  rows: 1,
  cells: Uint8Array.of(72, 7, 105, 7),
  cursor: { column: 1, row: 0, visible: true },
  font: { width: 9, height: 16, glyphs: new Uint8Array(256 * 32).fill(0x18), lineGraphics: true },
  palette: Uint32Array.of(0, 0xffffff),
  blink: false,
};
const PICTURE: ScreenContent = {
  kind: 'graphic',
  width: 2,
  height: 1,
  rgba: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255),
  mode: '2x1, 32 bpp',
};

function timeline(): Timeline {
  const made = new Timeline();
  made.extend(
    [
      { kind: 'screen', at: 0, content: TEXT },
      { kind: 'serial', at: 10, port: 0, data: Uint8Array.of(1, 0, 255) },
      { kind: 'keyboard', at: 20, keyboard: { pending: 1, enabled: true } },
      { kind: 'pointer', at: 20, pointer: { absolute: false, enabled: true, pending: 0 } },
      { kind: 'screen', at: 50, content: null },
      { kind: 'reset', at: 60 },
      { kind: 'power', at: 70, state: 'off', detail: 'the guest powered off' },
    ],
    100,
  );
  made.look(50, PICTURE);
  made.hash(50, { hash: keyOf('all'), parts: { memory: keyOf('memory') } });
  made.stored({ at: 50, key: keyOf('a snapshot'), beforeInput: false });
  made.snapshotBytes = 12;
  return made;
}

test('a timeline comes back from its file as it was', () => {
  const made = timeline();
  const read = decodeTimeline(encodeTimeline(made));
  expect(read).toMatchObject({
    until: 100,
    changes: made.changes,
    looks: made.looks,
    hashes: made.hashes,
    snapshots: made.snapshots,
    snapshotBytes: 12,
    screens: made.screens,
  });
  expect([...(read?.screens.values() ?? [])]).toEqual([TEXT, PICTURE]);
});

test('what is known already is not taken twice, and the longer of two is kept with what both saw', () => {
  const short = new Timeline();
  short.extend([{ kind: 'reset', at: 10 }], 20);
  short.extend(
    [
      { kind: 'reset', at: 10 },
      { kind: 'reset', at: 30 },
    ],
    40,
  );
  expect(short.changes.map(({ at }) => at)).toEqual([10, 30]);
  short.look(10, TEXT);
  const long = timeline();
  short.merge(long);
  expect(short.until).toBe(100);
  expect([...short.looks.keys()].sort()).toEqual([10, 50]);
});

test('no bit of a file can flip without being seen, and what is no timeline is none', () => {
  const file = encodeTimeline(timeline());
  for (let at = 0; at < file.length; at += 7) {
    const damaged = Buffer.from(file);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    expect(decodeTimeline(damaged), `byte ${at}`).toBeNull();
  }
  expect(decodeTimeline(file.subarray(0, file.length - 1))).toBeNull();
  expect(decodeTimeline(Buffer.alloc(0))).toBeNull();
});

test('timelines that were not used for longest go first, one that is damaged is told and taken out', async () => {
  using folder = new StoreFolder();
  const { store } = folder;
  const keys = ['oldest', 'older', 'newest'].map(keyOf);
  await writeTimelines(store, new Map(keys.map((key) => [key, timeline()])));
  for (const [i, key] of keys.entries()) utimesSync(join(timelineFolder(store), key), i + 1, i + 1);
  const [oldest = '', older = '', newest = ''] = keys;
  const bytes = statSync(join(timelineFolder(store), newest)).size;
  expect(await storeStats(store)).toMatchObject({ timelines: 3, timelineBytes: 3 * bytes });
  expect(await collectGarbage(store, 2 * bytes)).toMatchObject({ timelines: 1, freed: bytes, bytes: 2 * bytes });
  expect(await readTimeline(store, oldest)).toBeNull();
  expect(await readTimeline(store, older)).not.toBeNull();
  const path = join(timelineFolder(store), older);
  const file = readFileSync(path);
  file[100] = (file[100] ?? 0) ^ 1;
  writeFileSync(path, file);
  const damages = await verifyStore(store);
  expect(damages).toMatchObject([{ path, keys: [] }]);
  await removeDamage(store, damages);
  expect(existsSync(path)).toBe(false);
  expect(await verifyStore(store)).toEqual([]);
});
