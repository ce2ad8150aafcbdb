/** The cell that a text cursor is in: an underline drawn over the character hides a few of its pixel rows. */
import type { CellBits } from './cells.js';
import type { ShapeTable } from './shapes.js';

const BLANK = -1;
/** An underline is at most this high: the VGA's default has 2 rows of 16, Linux draws a sixth of the cell or less. */
const MAX_UNDERLINE = 4;

export interface UnderCursor {
  shape: number;
  ink: number;
  ground: number;
}

/**
 * What stands under an underline cursor. Null when there is none, or when several characters differ only in what it
 * hides (a blank is preferred: that is where a cursor mostly stands). A block cursor needs nothing: it is the inverse.
 * @param ground the colour behind the neighbouring cell
 */
export function cursorIn(cell: CellBits, table: ShapeTable, ground: number): UnderCursor | null {
  const full = 2 ** table.width - 1;
  const invert = cell.first === ground ? 0 : cell.other === ground ? full : 0;
  const ink = invert === 0 ? cell.other : cell.first;
  const behind = invert === 0 ? cell.first : cell.other;
  const { height } = table;
  const rowOf = (y: number) => (cell.bits[y] ?? 0) ^ invert;
  let last = height - 1;
  while (last >= 0 && rowOf(last) === 0) last--;
  if (last < height >> 1 || rowOf(last) !== full) return null;
  let top = last;
  while (top > 0 && top > last - MAX_UNDERLINE + 1 && rowOf(top - 1) === full) top--;
  // The character itself may end in a full row: the higher underline first.
  for (let first = top; first <= last; first++) {
    let blank = true;
    for (let y = 0; y < first && blank; y++) blank = rowOf(y) === 0;
    if (blank) return { shape: BLANK, ink: behind, ground: behind };
    const shape = onlyShape(table, rowOf, first, last);
    if (shape >= 0) return { shape, ink, ground: behind };
  }
  return null;
}

/** The one narrow shape whose rows are a cell's but for `first` to `last`; -1 for none or several. */
function onlyShape(table: ShapeTable, rowOf: (y: number) => number, first: number, last: number): number {
  const { height, rows, firstWide } = table;
  let found = -1;
  for (let shape = 0; shape < firstWide; shape++) {
    let y = 0;
    while (y < height && ((y >= first && y <= last) || rows[shape * height + y] === rowOf(y))) y++;
    if (y < height) continue;
    // The same character in another font is no second one.
    if (found >= 0 && table.charactersOf(found, 0).charAt(0) !== table.charactersOf(shape, 0).charAt(0)) return -1;
    if (found < 0) found = shape;
  }
  return found;
}
