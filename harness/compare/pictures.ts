/** The pictures of a run that is compared: each is in its folder once. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodePng } from '../../sdk/reading/png.js';
import type { Frame } from '../../sdk/screen/frame.js';

/** Names by folder and pixels: to pack a picture takes far longer than to see that it is there. */
const kept = new Map<string, string>();

/** @returns its name in the folder `screens` of the run */
export function keepPicture(folder: string, frame: Frame): string {
  const { width, height, rgba } = frame;
  const key = JSON.stringify([folder, width, height, createHash('sha256').update(rgba).digest('hex')]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const bytes = encodePng(frame);
  const name = `${createHash('sha256').update(bytes).digest('hex')}.png`;
  const screens = path.join(folder, 'screens');
  mkdirSync(screens, { recursive: true });
  writeFileSync(path.join(screens, name), bytes);
  kept.set(key, name);
  return name;
}
