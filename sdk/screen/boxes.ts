/** Where two pictures differ, as a few rectangles that a person can look at. */
import type { Region } from './content.js';
import type { Marks } from './counter.js';

const SMALLEST_TILE = 16;
const MAX_BOXES = 10;
/** With more separate places than this, larger tiles are taken: merging costs the square of it. */
const MAX_COMPONENTS = 64;

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * Rectangles around connected tiles with marked pixels, tight around the pixels, merged where they touch and until
 * there are at most 10; in reading order.
 * @param width of the picture that the marks are parts of
 */
export function differingBoxes(marks: readonly Marks[], width: number): Region[] {
  let boxes: Box[];
  let tile = SMALLEST_TILE;
  do {
    boxes = components(tilesOf(marks, width, tile));
    tile *= 2;
  } while (boxes.length > MAX_COMPONENTS);
  mergeTouching(boxes);
  while (boxes.length > MAX_BOXES) mergeClosest(boxes);
  mergeTouching(boxes);
  return boxes
    .sort((a, b) => a.top - b.top || a.left - b.left)
    .map(({ left, top, right, bottom }) => ({ x: left, y: top, width: right - left + 1, height: bottom - top + 1 }));
}

interface Tiles {
  columns: number;
  /** Box of the marked pixels of each tile that has any. */
  boxes: Map<number, Box>;
}

function tilesOf(marks: readonly Marks[], width: number, size: number): Tiles {
  const tiles: Tiles = { columns: Math.ceil(width / size), boxes: new Map() };
  for (const part of marks) {
    for (let row = 0; row < part.height; row++) addRow(tiles, size, part, row);
  }
  return tiles;
}

/** Tile by tile: the first and the last marked pixel in it are all that matters. */
function addRow(tiles: Tiles, size: number, { x, y, width, bytes }: Marks, row: number): void {
  const start = row * width - x;
  for (let left = x, next = 0; left < x + width; left = next) {
    next = Math.min(x + width, (Math.floor(left / size) + 1) * size);
    let first = left;
    while (first < next && bytes[start + first] === 0) first++;
    if (first === next) continue;
    let last = next - 1;
    while (bytes[start + last] === 0) last--;
    const tile = Math.floor((y + row) / size) * tiles.columns + Math.floor(left / size);
    const marked = { left: first, top: y + row, right: last, bottom: y + row };
    const box = tiles.boxes.get(tile);
    tiles.boxes.set(tile, box === undefined ? marked : union(box, marked));
  }
}

/** One box for each group of marked tiles that touch, corners included. */
function components({ columns, boxes }: Tiles): Box[] {
  const found: Box[] = [];
  const left = new Set(boxes.keys());
  for (const start of boxes.keys()) {
    if (!left.delete(start)) continue;
    let whole = boxes.get(start) ?? { left: 0, top: 0, right: 0, bottom: 0 };
    const queue = [start];
    for (let tile = queue.pop(); tile !== undefined; tile = queue.pop()) {
      const box = boxes.get(tile);
      if (box !== undefined) whole = union(whole, box);
      const column = tile % columns;
      for (const step of [-1, 0, 1]) {
        if (column + step < 0 || column + step >= columns) continue;
        for (const row of [-columns, 0, columns]) if (left.delete(tile + step + row)) queue.push(tile + step + row);
      }
    }
    found.push(whole);
  }
  return found;
}

function union(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

function mergeTouching(boxes: Box[]): void {
  for (let merged = true; merged;) {
    merged = false;
    for (let i = 0; i < boxes.length && !merged; i++) {
      for (let j = i + 1; j < boxes.length && !merged; j++) {
        const [a, b] = [boxes[i], boxes[j]];
        if (a === undefined || b === undefined || !touch(a, b)) continue;
        boxes.splice(j, 1);
        boxes[i] = union(a, b);
        merged = true;
      }
    }
  }
}

function touch(a: Box, b: Box): boolean {
  return a.left <= b.right + 1 && b.left <= a.right + 1 && a.top <= b.bottom + 1 && b.top <= a.bottom + 1;
}

/** Merges the two boxes whose union adds the least area. */
function mergeClosest(boxes: Box[]): void {
  let best = { i: 0, j: 1, cost: Infinity };
  for (let i = 0; i < boxes.length; i++) {
    for (let j = i + 1; j < boxes.length; j++) {
      const [a, b] = [boxes[i], boxes[j]];
      if (a === undefined || b === undefined) continue;
      const cost = area(union(a, b)) - area(a) - area(b);
      if (cost < best.cost) best = { i, j, cost };
    }
  }
  const [a, b] = [boxes[best.i], boxes[best.j]];
  if (a === undefined || b === undefined) return;
  boxes.splice(best.j, 1);
  boxes[best.i] = union(a, b);
}

function area({ left, top, right, bottom }: Box): number {
  return (right - left + 1) * (bottom - top + 1);
}
