/** From places in a page to pixels. */
import type { Region } from './content.js';
import type { TextPage } from './page.js';
import { rowOf, unitOf, type Place } from './text-runs.js';

/** The smallest rectangle in pixels around places in one or more rows. */
export function regionOf({ rows }: TextPage, places: readonly Place[]): Region {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const place of places) {
    const row = rows[rowOf(place)];
    if (row === undefined) continue;
    const unit = unitOf(place);
    left = Math.min(left, row.edges[unit] ?? Infinity);
    right = Math.max(right, row.edges[unit + 1] ?? 0);
    top = Math.min(top, row.y);
    bottom = Math.max(bottom, row.y + row.height);
  }
  if (right < left) return { x: 0, y: 0, width: 0, height: 0 };
  // Recognised characters have no whole pixels as edges.
  const [x, end] = [Math.floor(left), Math.ceil(right)];
  return { x, y: top, width: end - x, height: bottom - top };
}
