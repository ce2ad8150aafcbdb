/** Does what was decided about a golden: writes it, attaches the pictures that explain it. */
import type { TestInfo } from '@playwright/test';
import { drawDifference, type Tolerance } from './compare.js';
import type { GoldenDecision } from './decide.js';
import type { Look } from './look.js';
import type { GoldenPaths } from './paths.js';
import type { Picture } from '../../sdk/screen/picture.js';
import { encodeGolden, writeGolden, type Golden } from './store.js';
import { encodePng } from '../../sdk/reading/png.js';

export interface GoldenWork {
  testInfo: TestInfo;
  paths: GoldenPaths;
  decision: GoldenDecision;
  golden: Golden | null;
  tolerance: Tolerance;
  /** Null when the screen was not looked at. */
  look: Look | null;
}

export async function applyGolden(work: GoldenWork): Promise<void> {
  const { decision, look, paths, golden } = work;
  if (look === null) return;
  const { part } = look;
  switch (decision.kind) {
    case 'ignored':
      return;
    case 'accepted':
      // The report of a run that passed shows what it has seen, too.
      if (golden !== null && look.comparison?.kind === 'same') {
        await attachPng(work.testInfo, `${paths.name}.png`, golden.bytes);
      }
      return;
    case 'write':
      await writeGolden(paths, encodeGolden(part));
      return;
    case 'refused':
      if (decision.why === 'differs' && golden !== null) await attachDifference(work, golden, look);
      else await attachPicture(work.testInfo, `${paths.name}-actual.png`, part);
  }
}

/** The report makes a slider of attachments whose names differ in these endings alone. */
async function attachDifference(
  { testInfo, paths, tolerance }: GoldenWork,
  golden: Golden,
  { part, masks }: Look,
): Promise<void> {
  await attachPng(testInfo, `${paths.name}-expected.png`, golden.bytes);
  await attachPicture(testInfo, `${paths.name}-actual.png`, part);
  await attachPicture(testInfo, `${paths.name}-diff.png`, drawDifference(golden, part, { masks, tolerance }));
}

async function attachPicture(testInfo: TestInfo, name: string, picture: Picture): Promise<void> {
  await attachPng(testInfo, name, encodePng(picture));
}

async function attachPng(testInfo: TestInfo, name: string, bytes: Uint8Array): Promise<void> {
  await testInfo.attach(name, { body: Buffer.from(bytes), contentType: 'image/png' });
}
