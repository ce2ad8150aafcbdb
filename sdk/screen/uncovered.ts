/** What is left of a screen when the parts that are read already are taken away. */
import type { Region } from './content.js';

/** Narrower or lower than this no text can be. Pixels. */
const SMALLEST = 8;

/**
 * The rest of a screen, in rectangles that do not overlap; none when nothing is left that could hold text. Rectangles
 * span as many rows as they can, so that text between two parts stays in one piece.
 */
export function uncovered(size: { width: number; height: number }, covered: readonly Region[]): Region[] {
  const edges = new Set([0, size.height]);
  for (const { y, height } of covered) {
    edges.add(Math.min(size.height, Math.max(0, y)));
    edges.add(Math.min(size.height, Math.max(0, y + height)));
  }
  const rows = [...edges].sort((a, b) => a - b);
  const open: Region[] = [];
  const done: Region[] = [];
  for (let i = 0; i + 1 < rows.length; i++) {
    const [top = 0, bottom = 0] = [rows[i], rows[i + 1]];
    const gaps = gapsBetween(
      size.width,
      covered.filter(({ y, height }) => y < bottom && y + height > top),
    );
    for (let at = open.length - 1; at >= 0; at--) {
      const region = open[at];
      if (region === undefined) continue;
      const same = gaps.findIndex(({ x, width }) => x === region.x && width === region.width);
      if (same >= 0) {
        region.height += bottom - top;
        gaps.splice(same, 1);
      } else {
        done.push(region);
        open.splice(at, 1);
      }
    }
    open.push(...gaps.map(({ x, width }) => ({ x, y: top, width, height: bottom - top })));
  }
  return [...done, ...open]
    .filter(({ width, height }) => width >= SMALLEST && height >= SMALLEST)
    .sort((a, b) => a.y - b.y || a.x - b.x);
}

function gapsBetween(width: number, covered: readonly Region[]): { x: number; width: number }[] {
  const gaps: { x: number; width: number }[] = [];
  let x = 0;
  for (const region of [...covered].sort((a, b) => a.x - b.x)) {
    if (region.x > x) gaps.push({ x, width: region.x - x });
    x = Math.max(x, region.x + region.width);
  }
  if (x < width) gaps.push({ x, width: width - x });
  return gaps;
}
