/** Pictures to look for, from files. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { GuestwrightError } from '../errors.js';
import type { GoldenPicture } from '../machine/types.js';
import { decodePng } from './png.js';

/**
 * The picture of a PNG file, named by its path: what `screen.getByGolden` means where no scenario says where goldens are.
 * @throws GuestwrightError `usage/picture-missing`, `usage/png-invalid`, `usage/png-too-large`
 */
export async function pictureFile(name: string): Promise<GoldenPicture[]> {
  const file = path.resolve(name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new GuestwrightError(
      `There is no picture ${name}`,
      {
        kind: 'usage',
        code: 'picture-missing',
        expected: `a PNG file at ${file}`,
        seen: error instanceof Error ? error.message : String(error),
        next: 'give the path of a PNG file; in a scenario, the name of a golden',
      },
      { cause: error },
    );
  }
  return [{ name, picture: decodePng(bytes, name), points: {} }];
}
