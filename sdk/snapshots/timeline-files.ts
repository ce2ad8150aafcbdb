/** Where the store keeps timelines: `timelines/<key>`, the time of change being that of the last use. */
import { readFileSync, utimesSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../images/files.js';
import { isFull, storeFull } from './failures.js';
import { namesIn } from './leases.js';
import type { SnapshotStore } from './store.js';
import { decodeTimeline, encodeTimeline, type Timeline } from './timeline.js';

export function timelineFolder(store: SnapshotStore): string {
  return join(store.folder, 'timelines');
}

export interface TimelineFile {
  key: string;
  path: string;
  bytes: number;
  used: Date;
}

/** All timelines, those that were used last at the end. */
export async function listTimelines(store: SnapshotStore): Promise<TimelineFile[]> {
  const folder = timelineFolder(store);
  const found: TimelineFile[] = [];
  for (const key of await namesIn(folder)) {
    const path = join(folder, key);
    const seen = await stat(path).catch(() => null);
    if (seen !== null) found.push({ key, path, bytes: seen.size, used: seen.mtime });
  }
  return found.sort((a, b) => a.used.getTime() - b.used.getTime());
}

/**
 * What is damaged is as if it were not there: it is taken away, and written anew when it is known again.
 *
 * A memoised run reads hundreds of these one after the other, each of some 1 KB. Handed to Node's thread pool, each would wait
 * for four of its turns: many times what the reading takes.
 */
export async function readTimeline(store: SnapshotStore, key: string): Promise<Timeline | null> {
  const path = join(timelineFolder(store), key);
  try {
    const timeline = decodeTimeline(readFileSync(path));
    if (timeline === null) await rm(path, { force: true });
    return timeline;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Notes a use: what was not used for longest goes first. */
export function touchTimeline(store: SnapshotStore, key: string): void {
  const now = new Date();
  try {
    utimesSync(join(timelineFolder(store), key), now, now);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/**
 * Puts timelines into the store, each with what another process has put there meanwhile.
 * @throws GuestwrightError `infrastructure/store-full`
 */
export async function writeTimelines(store: SnapshotStore, timelines: ReadonlyMap<string, Timeline>): Promise<void> {
  if (timelines.size === 0) return;
  try {
    const folder = await store.newFolder();
    try {
      await mkdir(timelineFolder(store), { recursive: true });
      for (const [key, timeline] of timelines) {
        const there = await readTimeline(store, key);
        if (there !== null) timeline.merge(there);
        const beside = join(folder, key);
        await writeFile(beside, encodeTimeline(timeline));
        await rename(beside, join(timelineFolder(store), key));
        timeline.changed = false;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    throw isFull(error) ? storeFull(store.folder, error.message) : error;
  }
}
