/** `guestwright fonts learn`: finds the font, writes the file, says what came of it. */
import { readFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { writeWhole } from '../../../sdk/images/files.js';
import {
  DEFAULT_FONTS,
  encodeFont,
  learnFont,
  learnFontFromScreen,
  loadFonts,
  parseFontFile,
  type LearnedFont,
} from '../../../sdk/reading/fonts/index.js';
import { decodePng } from '../../../sdk/reading/index.js';
import { resolveTarget } from '../open/target.js';
import { textModeOf } from './text-mode.js';

export interface LearnOptions {
  /** Text on the screen before which the font is not taken. */
  until?: string;
  /** Guest seconds. */
  timeout?: number;
  psf?: string;
  screen?: string;
  text?: string;
  /** Pixels. */
  cell?: { width: number; height: number };
  output?: string;
}

/** Where the font is to be taken from. */
type Source =
  | { kind: 'guest'; until: string | undefined; timeout: number }
  | { kind: 'file'; path: string }
  | { kind: 'screen'; screen: string; text: string; cell: { width: number; height: number } | undefined };

const DEFAULT_TIMEOUT = 180;

/**
 * @returns what was written, for people
 * @throws GuestwrightError `usage/fonts-learn-options`, `usage/file-missing`, `usage/font-invalid`,
 *   `assertion/font-not-learned`, and what `launch` throws
 */
export async function learn(guest: string, options: LearnOptions, folder: string): Promise<string> {
  const source = sourceOf(options);
  const name = basename(guest)
    .replace(/\.(img|iso|json|raw|bin)$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-');
  const learned = await learnFrom(source, guest, name, folder);
  if (learned.font.glyphs.length === 0) throw notLearned('a font with glyphs', 'none that shows anything');
  const path = resolve(folder, options.output ?? join('fonts', `${name}.font`));
  await writeWhole(path, encodeFont(learned.font));
  return wordLearned(learned, relative(folder, path));
}

function sourceOf({ until, timeout, psf, screen, text, cell }: LearnOptions): Source {
  const boots = until !== undefined || timeout !== undefined;
  if (psf !== undefined && screen === undefined && text === undefined && cell === undefined && !boots) {
    return { kind: 'file', path: psf };
  }
  if (psf === undefined && screen !== undefined && text !== undefined && !boots) {
    return { kind: 'screen', screen, text, cell };
  }
  if (psf === undefined && screen === undefined && text === undefined && cell === undefined) {
    return { kind: 'guest', until, timeout: timeout ?? DEFAULT_TIMEOUT };
  }
  throw new GuestwrightError('It is not clear where the font is to be taken from', {
    kind: 'usage',
    code: 'fonts-learn-options',
    expected: 'one of: --psf FILE; --screen PNG with --text FILE (and --cell); --until and --timeout, or nothing',
    seen: Object.entries({ until, timeout, psf, screen, text, cell })
      .flatMap(([option, value]) => (value === undefined ? [] : [`--${option}`]))
      .join(' '),
    next: 'guestwright fonts learn --help',
  });
}

async function learnFrom(source: Source, guest: string, name: string, folder: string): Promise<LearnedFont> {
  switch (source.kind) {
    case 'file': {
      const font = parseFontFile(await readUserFile(resolve(folder, source.path)), source.path);
      return { font: { ...font, name, glyphs: font.glyphs }, unknown: 0 };
    }
    case 'screen':
      return { font: await learnFromScreen(source, name, folder), unknown: 0 };
    case 'guest': {
      const { spec } = await resolveTarget(guest, {}, folder);
      const content = await textModeOf({ ...spec, clock: 'stepped' }, { name: guest, ...source });
      return learnFont(content, name, await knownFonts(folder));
    }
  }
}

/** Those that are there: a font that cannot be made now is no reason to learn nothing. */
async function knownFonts(folder: string) {
  const known = [];
  for (const name of DEFAULT_FONTS) {
    try {
      known.push(...(await loadFonts([name], { build: false, projectRoot: folder })));
    } catch (error) {
      if (!(error instanceof GuestwrightError && error.code === 'font-missing')) throw error;
    }
  }
  return known;
}

async function learnFromScreen({ screen, text, cell }: Source & { kind: 'screen' }, name: string, folder: string) {
  const picture = decodePng(await readUserFile(resolve(folder, screen)), screen);
  const words = new TextDecoder().decode(await readUserFile(resolve(folder, text)));
  const result = learnFontFromScreen(picture, words, name, cell);
  switch (result.kind) {
    case 'learned':
      return result.font;
    case 'no-grid':
      throw notLearned(
        `${text} in cells of ${result.tried.map(({ width, height }) => `${width}x${height}`).join(', ')} on ${screen}`,
        'blanks where cells are not empty, or characters where cells have more than two colours',
      );
    case 'contradiction': {
      const { grid, character, row, column } = result;
      throw notLearned(
        `every ${JSON.stringify(character)} of ${text} to look the same (cells of ${grid.width}x${grid.height})`,
        `the one in row ${row + 1}, column ${column + 1} looks different from the one before`,
      );
    }
  }
}

function notLearned(expected: string, seen: string): GuestwrightError {
  return new GuestwrightError('The font could not be learned', {
    kind: 'assertion',
    code: 'font-not-learned',
    expected,
    seen,
    next: 'check that the text is that of the picture, cell by cell with all blanks, and give the size with --cell',
  });
}

async function readUserFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new GuestwrightError(
      `${path} cannot be read`,
      {
        kind: 'usage',
        code: 'file-missing',
        expected: 'a file that is there',
        seen: error instanceof Error ? error.message : String(error),
        next: 'check the path; relative ones start at the working directory',
      },
      { cause: error },
    );
  }
}

function wordLearned({ font, unknown }: LearnedFont, path: string): string {
  const left = unknown === 0 ? '' : `; ${unknown} more left out, because nothing says what they mean`;
  return [
    `${path}: ${font.glyphs.length} glyphs of ${font.width}x${font.height} pixels${left}`,
    `Name it in the guest's spec: fonts: ['${path}']`,
  ].join('\n');
}
