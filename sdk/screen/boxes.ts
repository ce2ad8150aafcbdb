/** Where two pictures differ, as a few rectangles that a person can look at. */
import type { Region } from './content.js';

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
 * @param marks one byte a pixel, not 0 where it differs
 */
export function differingBoxes(marks: Uint8Array, width: number, height: number): Region[] {
  let boxes: Box[];
  let tile = SMALLEST_TILE;
  do {
    boxes = components(tilesOf(marks, width, height, tile));
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

function tilesOf(marks: Uint8Array, width: number, height: number, size: number): Tiles {
  const columns = Math.ceil(width / size);
  const boxes = new Map<number, Box>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (marks[y * width + x] === 0) continue;
      const tile = Math.floor(y / size) * columns + Math.floor(x / size);
      const box = boxes.get(tile);
      if (box === undefined) {
        boxes.set(tile, { left: x, top: y, right: x, bottom: y });
      } else {
        box.left = Math.min(box.left, x);
        box.right = Math.max(box.right, x);
        box.bottom = y;
      }
    }
  }
  return { columns, boxes };
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
