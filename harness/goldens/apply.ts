/** Does what was decided about a golden: writes it, attaches the pictures that explain it. */
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TestInfo } from '@playwright/test';
import { encodePng } from '../../sdk/reading/png.js';
import { goldenToWrite, type Compared } from './candidates.js';
import { drawDifference, type Tolerance } from './compare.js';
import type { GoldenDecision } from './decide.js';
import type { Look } from './look.js';
import type { GoldenPaths } from './paths.js';
import { encodeTextGolden } from '../../sdk/screen/text-diff.js';
import { encodeGolden, writeGolden } from './store.js';
import { digestOf, type PendingGolden } from './use.js';

export interface GoldenWork {
  testInfo: TestInfo;
  /** The plain golden's. */
  paths: GoldenPaths;
  decision: GoldenDecision;
  /** The nearest first; empty when there is no golden. */
  ranked: readonly Compared[];
  tolerance: Tolerance;
  /** Null when the screen was not looked at. */
  look: Look | null;
}

/** What was done: files that a message can name. */
export interface GoldenDone {
  /** The golden that was written. */
  written: string | null;
  pictures: GoldenPictures | null;
  /** What was refused, and could be accepted later as this golden. */
  pending: { paths: GoldenPaths; picture: PendingGolden } | null;
}

/** Pictures of a failure. */
export interface GoldenPictures {
  actual: string;
  /** Null where there is no golden to differ from. */
  diff: string | null;
}

const NOTHING: GoldenDone = { written: null, pictures: null, pending: null };

export async function applyGolden(work: GoldenWork): Promise<GoldenDone> {
  const { testInfo, decision, look, paths, ranked } = work;
  if (look === null) return NOTHING;
  const [nearest] = ranked;
  switch (decision.kind) {
    case 'ignored':
      return NOTHING;
    case 'accepted':
      // The report of a run that passed shows what it has seen, too.
      if (nearest?.comparison.kind === 'same') {
        const body = Buffer.from(nearest.golden.bytes);
        await testInfo.attach(`${nearest.golden.paths.name}.png`, { body, contentType: 'image/png' });
      }
      return NOTHING;
    case 'write': {
      const target = goldenToWrite(paths, ranked);
      await writeGolden(target, encodeGolden(look.part));
      return { ...NOTHING, written: target.png };
    }
    case 'refused': {
      const shown = decision.why === 'differs' ? nearest : undefined;
      const pictures = await attachPictures(work, look, shown);
      return { written: null, pictures: pictures.files, pending: pendingOf(work, look, shown, pictures) };
    }
  }
}

/** What `.not` refuses is the golden itself: there is nothing that it should be instead. */
function pendingOf(
  { decision, paths }: GoldenWork,
  { part }: Look,
  shown: Compared | undefined,
  { digests }: Attached,
): GoldenDone['pending'] {
  if (decision.kind !== 'refused' || (decision.why !== 'differs' && decision.why !== 'missing')) return null;
  const text = part.grid === null ? null : encodeTextGolden(part);
  const golden = shown === undefined ? null : digestOf(shown.golden.bytes);
  return { paths: shown?.golden.paths ?? paths, picture: { golden, ...digests, text } };
}

/** Pictures that were attached, and their SHA-256. */
interface Attached {
  files: GoldenPictures;
  digests: { actual: string; diff: string | null };
}

/** The report makes a slider of attachments whose names differ in these endings alone. */
async function attachPictures(
  { testInfo, paths, tolerance }: GoldenWork,
  { part }: Look,
  nearest: Compared | undefined,
): Promise<Attached> {
  const base = await freeName(testInfo, paths.name);
  const save = (kind: string, bytes: Uint8Array) => attachFile(testInfo, `${base}-${kind}.png`, bytes);
  const actual = encodePng(part);
  if (nearest === undefined) {
    return {
      files: { actual: await save('actual', actual), diff: null },
      digests: { actual: digestOf(actual), diff: null },
    };
  }
  const { golden, masks } = nearest;
  const diff = encodePng(drawDifference(golden, part, { masks, tolerance }));
  await save('expected', golden.bytes);
  return {
    files: { actual: await save('actual', actual), diff: await save('diff', diff) },
    digests: { actual: digestOf(actual), diff: digestOf(diff) },
  };
}

/** A test may fail more than once with one name, where its assertions are soft. */
async function freeName(testInfo: TestInfo, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const base = number === 1 ? name : `${name}-${number}`;
    try {
      await access(testInfo.outputPath(`${base}-actual.png`));
    } catch {
      return base;
    }
  }
}

/** Writes into the test's output folder, which is where the message can point to; as Playwright's matchers do. */
async function attachFile(testInfo: TestInfo, name: string, bytes: Uint8Array): Promise<string> {
  const path = testInfo.outputPath(name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  // `attach` would copy it to another place.
  testInfo.attachments.push({ name, contentType: 'image/png', path });
  return path;
}
