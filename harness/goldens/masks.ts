/** Where the parts are that a scenario does not want to be compared: on the screen, and in a golden. */
import type { TextLocator } from '../../sdk/machine/types.js';
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { checkRegion } from './picture.js';
import type { Golden } from './store.js';

/** A rectangle in pixels of the frame, or a text where it stands. */
export type Mask = Region | TextLocator;

/**
 * Masks by text follow it: a text that is not there covers nothing.
 * @throws GuestwrightError `usage/region-outside`
 */
export async function masksInFrame(masks: readonly Mask[], frame: Frame): Promise<Region[]> {
  const found = await Promise.all(masks.map(async (mask) => (isLocator(mask) ? await regionsOf(mask, frame) : [mask])));
  const regions = found.flat();
  for (const region of regions) checkRegion(region, frame, 'mask');
  return regions;
}

/**
 * The texts once more, where they are in a golden, in its pixels: a text that was longer then would show on both sides
 * of the one on the screen.
 */
export async function masksInGolden(masks: readonly Mask[], { frame }: Golden): Promise<Region[]> {
  const found = await Promise.all(masks.filter(isLocator).map((mask) => regionsOf(mask, frame)));
  return found.flat();
}

async function regionsOf(locator: TextLocator, frame: Frame): Promise<Region[]> {
  return (await locator.look(frame, 'all')).map(({ region }) => region);
}

function isLocator(mask: Mask): mask is TextLocator {
  return 'look' in mask;
}
