/**
 * Finding a picture on a screen, from cheap to dear: at the place where it is known to be, exactly anywhere, alike in a
 * margin of the known place, alike anywhere. It is said to be absent only after every place has been ruled out.
 */
import { GuestwrightError } from '../errors.js';
import type { Region } from './content.js';
import { placesAround, placesIn, holds, type Area } from './finding/area.js';
import { findAlike, findAllAlike, findNearest } from './finding/alike.js';
import { findExactly } from './finding/exact.js';
import { Haystack } from './finding/haystack.js';
import { Needle } from './finding/needle.js';
import { differenceAt } from './finding/pixels.js';
import type { Places } from './finding/places.js';
import { inOrder, type Place } from './finding/places.js';
import { clampRegion, type Picture } from './picture.js';

export interface FindPictureOptions {
  /** Where its top left corner is known to be, in pixels of the screen. A hint: it is found elsewhere, too. */
  at?: { x: number; y: number };
  /** How many pixels around `at` are searched before all of the screen is. Default 50. */
  margin?: number;
  /** The only part of the screen in which it may lie, wholly. Default: all of it. */
  within?: Region;
  /**
   * How much it may differ: the mean absolute difference of red, green and blue, over the pixels that count, 0 to 255.
   * Default 0: exactly equal.
   */
  tolerance?: number;
  /** Find every place; of places that overlap, the better. Default: one. */
  all?: boolean;
  /** When it is absent, say where it fits best all the same: for messages, as it takes some ms. Default false. */
  nearest?: boolean;
}

/**
 * By which step it was found: at the known `place`; exactly (`anchor`); alike in the `margin` of the known place; alike
 * among the places that the `pyramid` ranks first; or alike anywhere else (`full`).
 */
export type FoundBy = 'place' | 'anchor' | 'margin' | 'pyramid' | 'full';

export interface FoundPicture {
  region: Region;
  /** Mean absolute difference of a channel, 0 to 255; 0 is exact. */
  score: number;
  how: FoundBy;
}

export type FindResult =
  /** In reading order; one, unless `all` was asked for. */
  | { outcome: 'found'; places: [FoundPicture, ...FoundPicture[]] }
  | { outcome: 'absent'; nearest: { region: Region; score: number } | null }
  /** It does not fit into the part of the screen that is searched. */
  | {
      outcome: 'too-large';
      wanted: { width: number; height: number };
      searched: { width: number; height: number };
    };

/** A picture to find, prepared by {@link prepareNeedle}. */
export type PreparedNeedle = Needle;

/** A screen to search, prepared by {@link prepareScreen}. */
export type PreparedScreen = Haystack;

const DEFAULT_MARGIN = 50;

/**
 * Prepares a picture that is looked for more than once, for example on every frame while waiting. The picture is copied.
 * Pixels with an alpha of 0 do not count; all others count as if they were opaque.
 * @throws GuestwrightError `usage/picture-invalid`, `usage/picture-empty`
 */
export function prepareNeedle(picture: Picture): PreparedNeedle {
  return new Needle(picture);
}

/**
 * Prepares a screen on which several pictures are looked for. Its pixels are not copied, and must not change. Its alpha
 * is not looked at.
 * @throws GuestwrightError `usage/picture-invalid`
 */
export function prepareScreen(screen: Picture): PreparedScreen {
  return new Haystack(screen);
}

/**
 * Finds a picture on a screen.
 * @throws GuestwrightError `usage/picture-invalid`, `usage/picture-empty`, `usage/find-option` for an option that is no
 *   such number, `usage/region-outside` when `within` is not on the screen
 */
export function findPicture(
  screen: Picture | PreparedScreen,
  wanted: Picture | PreparedNeedle,
  options: FindPictureOptions = {},
): FindResult {
  const haystack = screen instanceof Haystack ? screen : new Haystack(screen);
  const needle = wanted instanceof Needle ? wanted : new Needle(wanted);
  checkOptions(options);
  const searched = partOf(haystack, options.within);
  const places = placesIn(searched, needle);
  if (places === null) return { outcome: 'too-large', wanted: sizeOf(needle), searched: sizeOf(searched) };
  const query = { haystack, needle, places, limit: needle.sumOf(options.tolerance ?? 0) };
  const found = options.all === true ? findEvery(query) : findOne(query, options);
  const [first, ...others] = found.map(({ x, y, sum, how }) => ({ ...fit(needle, { x, y, sum }), how }));
  if (first !== undefined) return { outcome: 'found', places: [first, ...others] };
  return {
    outcome: 'absent',
    nearest: options.nearest === true ? fit(needle, findNearest(haystack, needle, places)) : null,
  };
}

interface Query {
  haystack: Haystack;
  needle: Needle;
  /** Where it may lie. */
  places: Area;
  /** Sum of differences that is allowed. */
  limit: number;
}

type Found = Place & { how: FoundBy };

function findOne({ haystack, needle, places, limit }: Query, { at, margin }: FindPictureOptions): Found[] {
  const near = at === undefined ? null : placesAround(places, at, margin ?? DEFAULT_MARGIN);
  if (at !== undefined && holds(places, at.x, at.y)) {
    const sum = differenceAt(haystack, needle, at.x, at.y, limit);
    if (sum <= limit) return [{ ...at, sum, how: 'place' }];
  }
  for (const part of near === null ? [places] : [near, places]) {
    const [exact] = findExactly(haystack, needle, part, false).all;
    if (exact !== undefined) return [{ ...exact, how: 'anchor' }];
  }
  if (limit === 0) return [];
  const beside = near === null ? null : findAlike(haystack, needle, near, limit);
  if (beside !== null) return [{ ...beside, how: 'margin' }];
  const anywhere = findAlike(haystack, needle, places, limit);
  return anywhere === null ? [] : [{ ...anywhere, how: anywhere.by }];
}

function findEvery({ haystack, needle, places, limit }: Query): Found[] {
  const kept: Places = findExactly(haystack, needle, places, true);
  const exact = kept.all.map((place): Found => ({ ...place, how: 'anchor' }));
  if (limit === 0) return exact;
  const alike = findAllAlike(haystack, needle, places, limit, kept);
  return [...exact, ...alike.map((place): Found => ({ ...place, how: place.by }))].sort(inOrder);
}

function fit(needle: Needle, { x, y, sum }: Place): { region: Region; score: number } {
  const { width, height } = needle;
  return { region: { x, y, width, height }, score: needle.scoreOf(sum) };
}

function sizeOf({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width, height };
}

/** @throws GuestwrightError `usage/region-outside` */
function partOf(screen: Haystack, within: Region | undefined): Region {
  const whole = { x: 0, y: 0, width: screen.width, height: screen.height };
  if (within === undefined) return whole;
  const inside = clampRegion(within, screen);
  if (inside !== null) return inside;
  throw new GuestwrightError('The part to search is outside the screen', {
    kind: 'usage',
    code: 'region-outside',
    expected: `a rectangle inside ${screen.width}x${screen.height} pixels`,
    seen: JSON.stringify(within),
    next: 'give a region of the frame, for example the region of a text match',
  });
}

/** @throws GuestwrightError `usage/find-option` */
function checkOptions({ at, margin, tolerance }: FindPictureOptions): void {
  const whole = (value: number): boolean => Number.isInteger(value);
  check('at', at, at === undefined || (whole(at.x) && whole(at.y)), '{ x, y } in whole pixels of the screen');
  check(
    'margin',
    margin,
    margin === undefined || (whole(margin) && margin >= 0),
    'a whole number of pixels, 0 or more',
  );
  check('tolerance', tolerance, tolerance === undefined || (tolerance >= 0 && tolerance <= 255), '0 to 255');
}

function check(name: string, value: unknown, holds: boolean, expected: string): void {
  if (holds) return;
  const seen = typeof value === 'number' ? String(value) : JSON.stringify(value);
  throw new GuestwrightError(`The option ${name} is wrong`, { kind: 'usage', code: 'find-option', expected, seen });
}
