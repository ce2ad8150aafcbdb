import pixelmatch from 'pixelmatch';
import type { Region } from '../../sdk/screen/content.js';
import type { Picture } from './picture.js';
import type { Golden } from './store.js';

export interface Tolerance {
  threshold: number;
  maxDiffPixels: number;
  maxDiffPixelRatio: number;
}
export type GoldenComparison =
  | { kind: 'same' }
  | { kind: 'size'; expected: { width: number; height: number }; actual: { width: number; height: number } }
  | { kind: 'differs'; pixels: number; ratio: number; boxes: Region[]; allowed: string; textDiff: string | null };

type Pixels = Pick<Picture, 'width' | 'height' | 'rgba'>;

export function compareWithGolden(
  golden: Golden,
  picture: Picture,
  settings: { masks: readonly Region[]; tolerance: Tolerance },
): GoldenComparison {
  const { width, height } = picture;
  if (golden.width !== width || golden.height !== height) return { kind: 'size', expected: golden, actual: picture };
  const a = masked(golden, settings.masks),
    b = masked(picture, settings.masks);
  const pixels = pixelmatch(a, b, undefined, width, height, { threshold: settings.tolerance.threshold });
  if (pixels <= settings.tolerance.maxDiffPixels) return { kind: 'same' };
  return {
    kind: 'differs',
    pixels,
    ratio: pixels / (width * height),
    boxes: [],
    allowed: String(settings.tolerance.maxDiffPixels),
    textDiff: null,
  };
}
export function samePicture(a: Picture, b: Picture, masks: readonly Region[]): boolean {
  return a.width === b.width && a.height === b.height && Buffer.compare(masked(a, masks), masked(b, masks)) === 0;
}
export function drawDifference(golden: Pixels, picture: Pixels, masks: readonly Region[]): Pixels | null {
  const { width, height } = picture;
  if (golden.width !== width || golden.height !== height) return null;
  const rgba = new Uint8Array(width * height * 4);
  pixelmatch(masked(golden, masks), masked(picture, masks), rgba, width, height, {});
  return { width, height, rgba };
}
function masked({ rgba, width }: Pixels, masks: readonly Region[]): Uint8Array {
  const out = rgba.slice();
  for (const m of masks)
    for (let y = m.y; y < m.y + m.height; y++) out.fill(0, (y * width + m.x) * 4, (y * width + m.x + m.width) * 4);
  return out;
}
