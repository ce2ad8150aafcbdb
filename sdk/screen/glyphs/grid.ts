/** The text of a grid: a row of text for each row of cells, and which pixels it accounts for. */
import type { Region } from '../content.js';
import type { TextRow } from '../page.js';
import { readCellRow, RIGHT_HALF, UNKNOWN, weighGrid, type GridPlace } from './cells.js';
import { stillExplains, type FoundGrid, type Pixels } from './detect.js';
import { rowOf } from './rows.js';
import { LETTER } from './shapes.js';

/** A grid that was found, kept from picture to picture: only rows that changed are read again. */
export class GridText {
  /** `cells` with what is doubtful taken back; a row of its own for each, so that a change concerns few. */
  private readonly shapes: Int32Array;
  private readonly unknown: Uint16Array;
  private readonly texts: TextRow[] = [];

  constructor(private readonly grid: FoundGrid) {
    this.shapes = grid.cells.shapes.slice();
    this.unknown = new Uint16Array(grid.place.rows);
    for (let row = 0; row < grid.place.rows; row++) this.count(row);
    for (let row = 0; row < grid.place.rows; row++) this.write(row);
  }

  get rows(): TextRow[] {
    return this.texts.slice();
  }

  get place(): GridPlace {
    return this.grid.place;
  }

  get fontName(): string {
    return this.grid.place.table.fonts[this.grid.font]?.name ?? '';
  }

  /**
   * Reads the rows that `changed` names, from a picture of the same size.
   * @returns false when the grid does not explain the picture any more: this object is of no use then
   */
  update({ pixels, width }: Pixels, changed: readonly number[]): boolean {
    const { place, cells } = this.grid;
    const affected = new Set<number>();
    for (const row of changed) {
      const had = this.unknown[row] ?? 0;
      readCellRow(pixels, width, place, row, cells);
      this.count(row);
      affected.add(row);
      if (had === 0 && this.unknown[row] === 0) continue;
      if (row > 0) affected.add(row - 1);
      if (row + 1 < place.rows) affected.add(row + 1);
    }
    const evidence = weighGrid(cells, place.table);
    if (!stillExplains(this.grid, evidence)) return false;
    for (const row of affected) this.write(row);
    return true;
  }

  /** Rectangles of the picture whose pixels are explained: blank ground and glyphs, but no unknown cell. */
  covered(picture: Pixels): Region[] {
    const { x, y, advance, columns, rows, table } = this.grid.place;
    const regions: Region[] = [];
    const add = (region: Region) => {
      const last = regions.at(-1);
      const below = last?.x === region.x && last.width === region.width && last.y + last.height === region.y;
      if (last !== undefined && below) last.height += region.height;
      else regions.push(region);
    };
    for (let row = 0; row < rows; row++) {
      for (let start = 0; start < columns; start++) {
        if (this.shapes[row * columns + start] === UNKNOWN) continue;
        let end = start;
        while (end < columns && this.shapes[row * columns + end] !== UNKNOWN) end++;
        add({
          x: x + start * advance,
          y: y + row * table.height,
          width: (end - start) * advance,
          height: table.height,
        });
        start = end;
      }
    }
    const [right, bottom] = [x + columns * advance, y + rows * table.height];
    const margins = [
      { x: 0, y: 0, width: picture.width, height: y },
      { x: 0, y: bottom, width: picture.width, height: picture.height - bottom },
      { x: 0, y, width: x, height: bottom - y },
      { x: right, y, width: picture.width - right, height: bottom - y },
    ];
    return [
      ...regions,
      ...margins.filter((margin) => margin.width > 0 && margin.height > 0 && isPlain(picture, margin)),
    ];
  }

  private count(row: number): void {
    const { place, cells } = this.grid;
    let unknown = 0;
    for (let i = row * place.columns; i < (row + 1) * place.columns; i++) if (cells.shapes[i] === UNKNOWN) unknown++;
    this.unknown[row] = unknown;
  }

  private write(row: number): void {
    const { place, cells, font } = this.grid;
    const [start, end] = [row * place.columns, (row + 1) * place.columns];
    for (let i = start; i < end; i++) {
      const shape = cells.shapes[i] ?? UNKNOWN;
      this.shapes[i] = shape >= 0 && this.isDoubtful(row, i - start, shape) ? UNKNOWN : shape;
      if (this.shapes[i] === UNKNOWN && cells.shapes[i + 1] === RIGHT_HALF && i + 1 < end) this.shapes[++i] = UNKNOWN;
    }
    this.texts[row] = rowOf({
      table: place.table,
      font,
      x: place.x,
      y: place.y + row * place.table.height,
      advance: place.advance,
      shapes: this.shapes.subarray(start, end),
      ink: cells.ink.subarray(start, end),
      ground: cells.ground.subarray(start, end),
      wraps: true,
    });
  }

  /** A sign beside something that is not text may be a part of it by accident: a logo's edge is no `_`. */
  private isDoubtful(row: number, column: number, shape: number): boolean {
    const { place, cells } = this.grid;
    const { columns, rows, table } = place;
    const unknownNear =
      (this.unknown[row] ?? 0) + (this.unknown[row - 1] ?? 0) + (row + 1 < rows ? (this.unknown[row + 1] ?? 0) : 0) > 0;
    if (!unknownNear || ((table.flags[shape] ?? 0) & LETTER) !== 0) return false;
    const at = (r: number, c: number) =>
      r < 0 || r >= rows || c < 0 || c >= columns ? 0 : (cells.shapes[r * columns + c] ?? 0);
    const isLetterAt = (c: number) => {
      const beside = at(row, c);
      return c >= 0 && c < columns && beside >= 0 && ((table.flags[beside] ?? 0) & LETTER) !== 0;
    };
    if (isLetterAt(column - 1) || isLetterAt(column + 1)) return false;
    return [at(row, column - 1), at(row, column + 1), at(row - 1, column), at(row + 1, column)].includes(UNKNOWN);
  }
}

function isPlain({ pixels, width }: Pixels, region: Region): boolean {
  const first = pixels[region.y * width + region.x];
  for (let y = region.y; y < region.y + region.height; y++) {
    for (let x = region.x; x < region.x + region.width; x++) if (pixels[y * width + x] !== first) return false;
  }
  return true;
}
