/** A place on the screen named by how it looks. */
import { GuestwrightError } from '../errors.js';
import type { Frame } from '../screen/frame.js';
import { findPicture, prepareNeedle, type FindResult, type PreparedNeedle } from '../screen/find-picture.js';
import { centreOf, ScreenLocator, type Extent, type LocatorContext, type LocatorWords } from './locator.js';
import { resolveWithin, wordRegion, wordWithin } from './screen-region.js';
import { seenAt } from './seen.js';
import type { GetByGoldenOptions, GoldenLocator, GoldenMatch, GoldenPicture } from './types.js';

/** Finds the pictures that a name stands for; several are alternatives. */
export type GoldenSource = (name: string) => Promise<GoldenPicture[]>;

interface Candidate extends GoldenPicture {
  needle: PreparedNeedle;
}

export class GoldenPictureLocator extends ScreenLocator<GoldenMatch> implements GoldenLocator {
  readonly #source: GoldenSource;
  readonly #name: string;
  readonly #options: GetByGoldenOptions;
  #candidates: Promise<Candidate[]> | undefined;
  /** What was found in the last frame: while waiting, explaining a failure looks at it again. */
  #looked: { frame: Frame; matches: GoldenMatch[] } | null = null;

  constructor(context: LocatorContext, source: GoldenSource, name: string, options: GetByGoldenOptions = {}) {
    super(context, options.nth ?? null);
    this.#source = source;
    this.#name = name;
    this.#options = options;
    const { tolerance } = options;
    if (tolerance !== undefined && !(tolerance >= 0 && tolerance <= 255)) throw toleranceInvalid(tolerance);
  }

  first(): GoldenLocator {
    return this.nth(0);
  }

  nth(index: number): GoldenLocator {
    return new GoldenPictureLocator(this.context, this.#source, this.#name, { ...this.#options, nth: index });
  }

  override toString(): string {
    return `golden ${JSON.stringify(this.#name)}`;
  }

  protected override get words(): LocatorWords {
    const { within, tolerance, nth } = this.#options;
    return {
      action: 'screen.getByGolden',
      params: {
        golden: this.#name,
        ...(within === undefined ? {} : { within: wordWithin(within) }),
        ...(tolerance === undefined ? {} : { tolerance }),
        ...(nth === undefined ? {} : { nth }),
      },
      subject: `${this.toString()}${within === undefined ? '' : ` within ${wordWithin(within)}`}`,
      code: 'golden',
    };
  }

  override async look(frame: Frame, extent: Extent = 'enough'): Promise<GoldenMatch[]> {
    const all = extent === 'all' || (this.index ?? 0) > 0;
    if (!all && this.#looked?.frame === frame) return this.#looked.matches;
    const matches: GoldenMatch[] = [];
    for (const { name, result } of await this.#search(frame, { all })) {
      if (result.outcome === 'found') {
        matches.push(...result.places.map(({ region, score }) => ({ name, region, score })));
      }
    }
    matches.sort((a, b) => a.region.y - b.region.y || a.region.x - b.region.x);
    if (!all) this.#looked = { frame, matches };
    return matches;
  }

  override async explain(frame: Frame): Promise<{ seen: string; next?: string }> {
    const words = (await this.#search(frame, { nearest: true })).map(
      ({ name, result }) => `${name}: ${wordResult(result)}`,
    );
    return {
      seen: `${words.join('\n')}\n${seenAt(frame)}`,
      next: 'compare the picture with the screen in the report; for a picture that is drawn a little differently each time give { tolerance }',
    };
  }

  async #search(
    frame: Frame,
    how: { all?: boolean; nearest?: boolean },
  ): Promise<{ name: string; result: FindResult }[]> {
    const within = await resolveWithin(this.#options.within, frame);
    if (within === 'nowhere') return [];
    const { tolerance = 0 } = this.#options;
    this.#candidates ??= this.#load();
    return (await this.#candidates).map(({ name, needle }) => ({
      name,
      result: findPicture(frame, needle, { tolerance, ...how, ...(within === undefined ? {} : { within }) }),
    }));
  }

  async #load(): Promise<Candidate[]> {
    const pictures = await this.#source(this.#name);
    return pictures.map((golden) => ({ ...golden, needle: prepareNeedle(golden.picture) }));
  }

  protected override nowhere(): GoldenMatch {
    return { name: this.#name, region: { x: 0, y: 0, width: 0, height: 0 }, score: 0 };
  }

  protected override async target(match: GoldenMatch, point: string | undefined): Promise<{ x: number; y: number }> {
    this.#candidates ??= this.#load();
    const points = (await this.#candidates).find(({ name }) => name === match.name)?.points ?? {};
    const names = Object.keys(points);
    // A golden with a single click point means that one.
    const wanted = point ?? (names.length === 1 ? names[0] : undefined);
    if (wanted === undefined) return centreOf(match.region);
    const place = Object.hasOwn(points, wanted) ? points[wanted] : undefined;
    if (place !== undefined) return { x: match.region.x + place.x, y: match.region.y + place.y };
    throw new GuestwrightError(`The ${this.toString()} has no click point "${wanted}"`, {
      kind: 'usage',
      code: 'click-point-unknown',
      expected: names.length === 0 ? 'a golden that names click points' : `one of ${names.join(', ')}`,
      seen: `"${wanted}"`,
      next: `name it in ${match.name}.points.json beside the picture: { "points": { "${wanted}": { "x": 0, "y": 0 } } }`,
    });
  }
}

function wordResult(result: FindResult): string {
  switch (result.outcome) {
    case 'found':
      return `found at ${result.places.map(({ region }) => wordRegion(region)).join('; ')}`;
    case 'too-large':
      return 'it is larger than the part of the screen it was looked for in';
    case 'absent':
      return result.nearest === null
        ? 'nothing like it'
        : `the nearest is at ${wordRegion(result.nearest.region)}, ${result.nearest.score.toFixed(1)} of 255 apart a channel`;
  }
}

function toleranceInvalid(tolerance: number): GuestwrightError {
  return new GuestwrightError('A golden locator was given a tolerance that cannot be', {
    kind: 'usage',
    code: 'tolerance-invalid',
    expected: 'a number from 0 to 255: the mean difference a channel that is allowed',
    seen: String(tolerance),
  });
}
