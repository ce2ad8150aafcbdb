/** Does what was decided about a golden: writes it, attaches the pictures that explain it. */
import type { TestInfo } from '@playwright/test';
import { drawDifference, type Tolerance } from './compare.js';
import type { GoldenDecision } from './decide.js';
import type { Look } from './look.js';
import type { GoldenPaths } from './paths.js';
import type { Picture } from '../../sdk/screen/picture.js';
import { encodeTextGolden } from '../../sdk/screen/text-diff.js';
import { encodeGolden, writeGolden, type Golden } from './store.js';
import { encodePng } from '../../sdk/reading/png.js';
import { digestOf, type PendingGolden } from './use.js';

export interface GoldenWork {
  testInfo: TestInfo;
  paths: GoldenPaths;
  decision: GoldenDecision;
  golden: Golden | null;
  tolerance: Tolerance;
  /** Null when the screen was not looked at. */
  look: Look | null;
}

/** @returns what of it could be accepted later: the picture that was refused */
export async function applyGolden(work: GoldenWork): Promise<PendingGolden | null> {
  const { decision, look, paths, golden } = work;
  if (look === null) return null;
  const { part } = look;
  switch (decision.kind) {
    case 'ignored':
      return null;
    case 'accepted':
      // The report of a run that passed shows what it has seen, too.
      if (golden !== null && look.comparison?.kind === 'same') {
        await attachPng(work.testInfo, `${paths.name}.png`, golden.bytes);
      }
      return null;
    case 'write':
      await writeGolden(paths, encodeGolden(part));
      return null;
    case 'refused': {
      const shown =
        decision.why === 'differs' && golden !== null
          ? await attachDifference(work, golden, look)
          : { actual: await attachPicture(work.testInfo, `${paths.name}-actual.png`, part), diff: null };
      // What `.not` refuses is the golden itself: there is nothing that it should be instead.
      if (decision.why !== 'differs' && decision.why !== 'missing') return null;
      const text = part.grid === null ? null : encodeTextGolden(part);
      return { golden: golden === null ? null : digestOf(golden.bytes), ...shown, text };
    }
  }
}

/** The report makes a slider of attachments whose names differ in these endings alone. */
async function attachDifference(
  { testInfo, paths, tolerance }: GoldenWork,
  golden: Golden,
  { part, masks }: Look,
): Promise<{ actual: string; diff: string }> {
  await attachPng(testInfo, `${paths.name}-expected.png`, golden.bytes);
  const actual = await attachPicture(testInfo, `${paths.name}-actual.png`, part);
  const difference = drawDifference(golden, part, { masks, tolerance });
  return { actual, diff: await attachPicture(testInfo, `${paths.name}-diff.png`, difference) };
}

async function attachPicture(testInfo: TestInfo, name: string, picture: Picture): Promise<string> {
  return await attachPng(testInfo, name, encodePng(picture));
}

/** @returns its digest */
async function attachPng(testInfo: TestInfo, name: string, bytes: Uint8Array): Promise<string> {
  await testInfo.attach(name, { body: Buffer.from(bytes), contentType: 'image/png' });
  return digestOf(bytes);
}
