/** The pictures behind `screen.getByGolden(name)`: a scenario's goldens. */
import { dirname } from 'node:path';
import type { TestInfo } from '@playwright/test';
import { GuestwrightError } from '../../sdk/errors.js';
import type { GoldenPicture } from '../../sdk/machine/types.js';
import { noteUses } from './note-use.js';
import { goldenPaths, type GoldenPaths } from './paths.js';
import { readGoldenPoints } from './points.js';
import { readGoldens } from './store.js';

/** Where a golden of the running test is. */
export function goldenPathsOf(testInfo: TestInfo, guest: string, name: string): GoldenPaths {
  return goldenPaths({ root: projectFolder(testInfo), guest, scenario: testInfo.file, name });
}

/** The folder that holds `golden-screens`: the config's. */
function projectFolder({ config }: TestInfo): string {
  return config.configFile === undefined ? config.rootDir : dirname(config.configFile);
}

/** The golden and its variants, which the test has then used; none when there is none. */
export async function goldenPictures(testInfo: TestInfo, paths: GoldenPaths): Promise<GoldenPicture[]> {
  const goldens = await readGoldens(paths);
  noteUses(
    testInfo,
    goldens.map(({ paths: { png } }) => ({ png, pending: null })),
  );
  return await Promise.all(
    goldens.map(async (golden) => ({
      name: golden.paths.name,
      picture: golden,
      points: await readGoldenPoints(golden.paths, golden),
    })),
  );
}

/**
 * What a fixture's machine resolves names of goldens with.
 * @throws GuestwrightError `assertion/golden-missing` from the function
 */
export function goldenSource(testInfo: TestInfo, guest: string): (name: string) => Promise<GoldenPicture[]> {
  return async (name) => {
    const paths = goldenPathsOf(testInfo, guest, name);
    const pictures = await goldenPictures(testInfo, paths);
    if (pictures.length > 0) return pictures;
    throw new GuestwrightError(`There is no golden "${paths.name}" to look for`, {
      kind: 'assertion',
      code: 'golden-missing',
      expected: `a picture at ${paths.png}`,
      seen: 'none',
      next: `cut it out of the screen once: await expect(machine.screen).toContainGolden('${paths.name}', { at: { x, y, width, height } })`,
    });
  };
}
