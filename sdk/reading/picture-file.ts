/** Pictures to look for, from files. */
import path from 'node:path';
import { GuestwrightError } from '../errors.js';
import type { GoldenPicture } from '../machine/types.js';
import { loadPicture } from './picture-cache.js';

/**
 * The picture of a PNG file, named by its path: what `screen.getByGolden` means where no scenario says where goldens are.
 * @throws GuestwrightError `usage/picture-missing`, `usage/png-invalid`, `usage/png-too-large`
 */
export async function pictureFile(name: string): Promise<GoldenPicture[]> {
  try {
    return [{ name, picture: await loadPicture(name), points: {} }];
  } catch (error) {
    if (error instanceof GuestwrightError) throw error;
    throw new GuestwrightError(
      `There is no picture ${name}`,
      {
        kind: 'usage',
        code: 'picture-missing',
        expected: `a PNG file at ${path.resolve(name)}`,
        seen: error instanceof Error ? error.message : String(error),
        next: 'give the path of a PNG file; in a scenario, the name of a golden',
      },
      { cause: error },
    );
  }
}
