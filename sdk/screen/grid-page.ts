/** The page of a text mode: its cells, read exactly. */
import type { TextContent } from './content.js';
import { makeGrid, type CellGrid, type Frame } from './frame.js';
import type { ColourRun, TextPage, TextRow } from './page.js';

const pages = new WeakMap<TextContent, TextPage>();

/** What the cells say; null where the guest is not in a text mode. Made once for a frame. */
export function cellPage({ content, grid }: Pick<Frame, 'content' | 'grid'>): TextPage | null {
  if (content.kind !== 'text') return null;
  let page = pages.get(content);
  if (page === undefined) {
    page = makePage(content, grid ?? makeGrid(content));
    pages.set(content, page);
  }
  return page;
}

function makePage(content: TextContent, grid: CellGrid): TextPage {
  const edges = Int32Array.from({ length: grid.columns + 1 }, (_, column) => column * grid.cellWidth);
  return { rows: grid.lines.map((text, row) => new CellRow(content, grid, text, row, edges)) };
}

class CellRow implements TextRow {
  readonly text: string;
  readonly edges: Int32Array;
  readonly y: number;
  readonly height: number;
  readonly rung = 'cells';
  readonly confidence = 1;
  readonly wraps = true;
  readonly #content: TextContent;
  readonly #row: number;
  #colours: ColourRun[] | undefined;

  constructor(content: TextContent, grid: CellGrid, text: string, row: number, edges: Int32Array) {
    this.#content = content;
    this.#row = row;
    this.text = text;
    this.edges = edges;
    this.y = row * grid.cellHeight;
    this.height = grid.cellHeight;
  }

  /** Made when asked for: most questions are about the text alone. */
  get colours(): readonly ColourRun[] {
    return (this.#colours ??= colourRuns(this.#content, this.#row));
  }
}

function colourRuns({ columns, cells, palette }: TextContent, row: number): ColourRun[] {
  const attribute = (column: number) => cells[2 * (row * columns + column) + 1] ?? 0;
  const runs: ColourRun[] = [];
  for (let start = 0, end = 0; start < columns; start = end) {
    const value = attribute(start);
    while (end < columns && attribute(end) === value) end++;
    runs.push({ start, end, foreground: palette[value & 15] ?? 0, background: palette[value >> 4] ?? 0 });
  }
  return runs;
}
