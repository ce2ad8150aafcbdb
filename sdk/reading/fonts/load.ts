/** Fonts by name or path, from the cache or a file; what is not there yet is made. */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import { buildFromRecipe, wantedEntry } from '../../images/build.js';
import { nearest } from '../../images/catalogue.js';
import type { Progress } from '../../images/debian.js';
import { isMissing, sha256 } from '../../images/files.js';
import type { LockEntry } from '../../images/lock.js';
import type { Recipe } from '../../images/recipe.js';
import { contentFolder } from '../../images/store.js';
import type { GlyphFont } from '../../screen/font.js';
import { decodeFont, encodeFont, isFontFile } from './font-file.js';
import { fontInvalid } from './glyph-bytes.js';
import { isPsf, parsePsf } from './psf.js';
import { DEFAULT_FONTS, fontNames, recipeOf } from './recipes.js';

export interface LoadFontsOptions {
  /** Makes a font that is not in the cache yet; true if left out. */
  build?: boolean | undefined;
  /** Told while a font is made; lines for stderr. */
  onProgress?: Progress | undefined;
  /** Where relative paths, and the search for the project's `images.lock`, start; the working directory if left out. */
  projectRoot?: string | undefined;
}

/** SHA-256 of fonts, by the fonts that they are of: most come from files whose digest is known. */
const digests = new WeakMap<GlyphFont, string>();

/**
 * Loads fonts, in the order of `names`: of the catalogue by name (`vga-8x16`), or files by path (`.psf`, `.psf.gz`, and
 * `.font` as `guestwright fonts learn` writes it). Their glyphs are read when first asked for.
 *
 * @throws GuestwrightError `usage/font-unknown`, `usage/file-missing`, `usage/font-invalid`;
 *   `infrastructure/font-missing` naming package and command if a font is not there and cannot be made (or may not, with
 *   `build: false`)
 */
export async function loadFonts(
  names: readonly string[] = DEFAULT_FONTS,
  options: LoadFontsOptions = {},
): Promise<GlyphFont[]> {
  const entries = new Map<Recipe, Promise<LockEntry | null>>();
  const fonts: GlyphFont[] = [];
  for (const name of new Set(names)) {
    const recipe = recipeOf(name);
    if (recipe === undefined) {
      fonts.push(await fontOfFile(name, options));
      continue;
    }
    const entry = entries.get(recipe) ?? entryInLock(recipe, options);
    entries.set(recipe, entry);
    const stored = await fontInCache(name, recipe, await entry);
    if (stored !== null) {
      fonts.push(stored);
      continue;
    }
    // It is damaged or not there, or the project's lock does not name it yet.
    const made = madeEntry(name, recipe, options);
    entries.set(recipe, made);
    const font = await fontInCache(name, recipe, await made);
    if (font === null) throw fontMissing(name, recipe, 'it was made, and is not there');
    fonts.push(font);
  }
  return fonts;
}

/** SHA-256 over fonts in their order: equal where they read equally. For the keys of caches. */
export function fontsDigest(fonts: readonly GlyphFont[]): string {
  return sha256(fonts.map((font) => `${digestOf(font)}\n`).join(''));
}

function digestOf(font: GlyphFont): string {
  const known = digests.get(font);
  if (known !== undefined) return known;
  const digest = sha256(encodeFont(font));
  digests.set(font, digest);
  return digest;
}

/**
 * Path of a catalogue's font in the cache.
 *
 * @throws GuestwrightError as {@link loadFonts}
 */
export async function fontPath(name: string, options: LoadFontsOptions = {}): Promise<string> {
  const recipe = recipeOf(name);
  if (recipe === undefined) throw fontUnknown(name);
  await loadFonts([name], options);
  const entry = await entryInLock(recipe, { ...options, build: false });
  if (entry === null) throw fontMissing(name, recipe, 'it was made, and is not there');
  return fileOf(name, recipe, entry);
}

/**
 * What the project's lock wants of these fonts. Where there is no project, or nothing may be made, what was released or
 * made here before will do.
 */
async function entryInLock({ name }: Recipe, { projectRoot, build }: LoadFontsOptions): Promise<LockEntry | null> {
  const { lockPath, binding, preferred } = await wantedEntry(name, projectRoot, 'fonts');
  return binding ?? (lockPath === null || build === false ? preferred : null);
}

/** Null: it is not there, or not what its digest says. */
async function fontInCache(name: string, recipe: Recipe, entry: LockEntry | null): Promise<GlyphFont | null> {
  const part = entry?.parts[name];
  if (entry === null || part === undefined) return null;
  const path = fileOf(name, recipe, entry);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  if (bytes.length !== part.size || sha256(bytes) !== part.sha256) return null;
  const font = decodeFont(bytes, path);
  digests.set(font, part.sha256);
  return font;
}

function fileOf(name: string, recipe: Recipe, { parts }: LockEntry): string {
  return join(contentFolder(recipe.name, parts, 'fonts'), name);
}

async function madeEntry(name: string, recipe: Recipe, options: LoadFontsOptions): Promise<LockEntry> {
  if (options.build === false) throw fontMissing(name, recipe, 'nothing, or a damaged file');
  try {
    const entry = await buildFromRecipe(recipe, options);
    // A lock of an older release does not know the font: building says what differs and how to accept it.
    return entry.parts[name] === undefined ? await buildFromRecipe(recipe, { ...options, rebuild: true }) : entry;
  } catch (error) {
    if (error instanceof GuestwrightError && CANNOT_BE_MADE.includes(error.code)) {
      throw fontMissing(name, recipe, error.message, error);
    }
    throw error;
  }
}

/** No package tools, no archive, no network. */
const CANNOT_BE_MADE = ['tool-missing', 'tool-failed', 'package-missing', 'package-damaged', 'font-not-found'];

function fontMissing(name: string, recipe: Recipe, seen: string, cause?: unknown): GuestwrightError {
  const packages = recipe.packages.map((one) => one.name).join(', ');
  return new GuestwrightError(
    `The font ${name} is not in the cache`,
    {
      kind: 'infrastructure',
      code: 'font-missing',
      expected: `${name}, made of the Debian package ${packages}`,
      seen,
      next:
        `Run \`npx guestwright fonts build ${recipe.name}\`. Where there are no Debian packages, bring the file from a ` +
        `machine that has it (\`npx guestwright fonts path ${name}\`) and name its path in \`fonts\`.`,
    },
    { cause },
  );
}

async function fontOfFile(ref: string, { projectRoot }: LoadFontsOptions): Promise<GlyphFont> {
  if (!/[/\\]|\.(font|psfu?|gz)$/i.test(ref)) throw fontUnknown(ref);
  const path = resolve(projectRoot ?? process.cwd(), ref);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const seen = isMissing(error) ? 'no such file' : error instanceof Error ? error.message : String(error);
    throw new GuestwrightError(
      `The font ${ref} cannot be read`,
      {
        kind: 'usage',
        code: 'file-missing',
        expected: `a font at ${path}`,
        seen,
        next: 'Check the path (relative ones start at the project), or name a font: `npx guestwright fonts list`.',
      },
      { cause: error },
    );
  }
  return parseFontFile(bytes, ref);
}

/**
 * Reads a font file of any kind that `fonts` may name, all of it.
 *
 * @param file its path, for messages and for the name of a font that has none
 * @throws GuestwrightError `usage/font-invalid`
 */
export function parseFontFile(bytes: Uint8Array, file: string): GlyphFont {
  if (isPsf(bytes)) return parsePsf(bytes, basename(file).replace(/(\.psfu?)?(\.gz)?$/i, ''), file);
  if (!isFontFile(bytes)) {
    const seen = bytes.length === 0 ? 'an empty file' : 'something else';
    throw fontInvalid(file, 'a PC Screen Font (.psf, .psf.gz), or a .font of `guestwright fonts`', seen);
  }
  const { name, width, height, nineDots, glyphs } = decodeFont(bytes, file);
  // A user's file was never verified: it is read whole, so that it fails here and not while a screen is read.
  return { name, width, height, nineDots, glyphs };
}

export function fontUnknown(name: string): GuestwrightError {
  const known = fontNames();
  const near = nearest(name, known);
  return new GuestwrightError(`There is no font called ${name}`, {
    kind: 'usage',
    code: 'font-unknown',
    expected: `one of ${known.join(', ')}, or a path to a .psf, .psf.gz or .font file`,
    seen: name,
    next: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'See `npx guestwright fonts list`.',
  });
}
