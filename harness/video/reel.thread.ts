/** The thread that keeps what screens showed, packed, and draws it: no scenario is to wait for that. */
import { answerJobs } from '../../sdk/job-thread.js';
import type { ScreenContent } from '../../sdk/screen/content.js';
import { contentSize, makeFrame } from '../../sdk/screen/frame.js';
import { compress, decompress } from '../../sdk/snapshots/zstd.js';
import { placeCentred } from './place.js';

export type ReelJob =
  | { kind: 'keep'; id: number; content: ScreenContent }
  | { kind: 'drop'; ids: readonly number[] }
  | { kind: 'draw'; id: number; width: number; height: number };

/** A graphic screen packed; a text screen is small as it is. */
type Kept = { content: ScreenContent; packed: Uint8Array | null };

const reel = new Map<number, Kept>();

/** Of `keep`: bytes that it takes. Of `draw`: RGBA. */
answerJobs((job: ReelJob): number | Uint8Array => {
  switch (job.kind) {
    case 'keep': {
      const kept = keep(job.content);
      reel.set(job.id, kept);
      return kept.packed?.length ?? contentBytes(kept.content);
    }
    case 'drop':
      for (const id of job.ids) reel.delete(id);
      return reel.size;
    case 'draw': {
      const kept = reel.get(job.id);
      if (kept === undefined) throw new Error(`the picture ${job.id} was not kept`);
      return placeCentred(makeFrame(unpack(kept), 0), job);
    }
  }
});

function keep(content: ScreenContent): Kept {
  if (content.kind !== 'graphic') return { content, packed: null };
  return { content: { ...content, rgba: new Uint8Array() }, packed: compress(content.rgba) };
}

function contentBytes(content: ScreenContent): number {
  return content.kind === 'text' ? content.cells.length + content.font.glyphs.length : 0;
}

function unpack({ content, packed }: Kept): ScreenContent {
  if (content.kind !== 'graphic' || packed === null) return content;
  const { width, height } = contentSize(content);
  const rgba = decompress(packed, 4 * width * height);
  if (rgba === null) throw new Error('a picture cannot be unpacked');
  return { ...content, rgba };
}
