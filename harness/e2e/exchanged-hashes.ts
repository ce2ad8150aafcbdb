/** Makes a store say something else than what was: for tests that ask who notices. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { SnapshotStore } from '../../sdk/snapshots/index.js';
import { decodeTimeline, encodeTimeline } from '../../sdk/snapshots/timeline.js';
import { listTimelines } from '../../sdk/snapshots/timeline-files.js';

/** Every state hash in the store becomes another one; the timelines are as whole as they were. */
export async function exchangeHashes(folder: string): Promise<void> {
  for (const { path } of await listTimelines(new SnapshotStore(folder))) {
    const timeline = decodeTimeline(await readFile(path));
    if (timeline === null) throw new Error(`${path} is no whole timeline`);
    for (const [at, { hash, parts }] of timeline.hashes) {
      timeline.hash(at, { hash: other(hash), parts: { ...parts, memory: other(parts['memory'] ?? '') } });
    }
    await writeFile(path, encodeTimeline(timeline));
  }
}

function other(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
