/** Marks: what stands on a ground and hangs together. A letter is one, or a few letters that touch, or the dot of an i. */
import { pixelsOf, type Picture } from '../picture.js';
import { labelRuns, type Grounds } from './grounds.js';

/** A rectangle in pixels of the picture; `right` and `bottom` are exclusive. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Mark extends Box {
  /** The label of the ground around it. */
  ground: number;
  /** The mean colour of the ground right around it, 0xRRGGBB: gradients differ from mark to mark. */
  groundColour: number;
  /** The colour furthest from the ground's, 0xRRGGBB. */
  inkColour: number;
  /** How far that is: the largest difference of a channel, 1 to 255. */
  contrast: number;
}

/** Text is neither taller (logos are up to 60 pixels) nor wider: letters that touch make marks as long as a word. */
const TALLEST = 72;
const WIDEST = 600;
/** Less contrast is texture. */
const LEAST_CONTRAST = 40;

export function findMarks(picture: Picture, grounds: Grounds): Mark[] {
  const { area, labels } = grounds;
  const ink = new Uint8Array(labels.length);
  for (let i = 0; i < labels.length; i++) if (labels[i] === 0) ink[i] = 1;
  const parts = labelRuns(ink, area.width, area.height, true);
  const marks: Mark[] = [];
  for (const box of boxesOf(parts.labels, parts.sizes.length, area.width)) {
    if (!couldBeText(box, parts.sizes[box.label] ?? 0)) continue;
    const mark = describe(picture, grounds, parts.labels, box);
    if (mark !== null) marks.push(mark);
  }
  return marks;
}

interface LabelledBox extends Box {
  label: number;
}

function boxesOf(labels: Int32Array, count: number, width: number): LabelledBox[] {
  const boxes = new Array<LabelledBox | undefined>(count);
  for (let i = 0, y = 0; i < labels.length; y++) {
    for (let x = 0; x < width; x++, i++) {
      const label = labels[i] ?? 0;
      if (label === 0) continue;
      const box = boxes[label];
      if (box === undefined) boxes[label] = { label, left: x, top: y, right: x + 1, bottom: y + 1 };
      else {
        if (x < box.left) box.left = x;
        if (x >= box.right) box.right = x + 1;
        box.bottom = y + 1;
      }
    }
  }
  return boxes.filter((box) => box !== undefined);
}

/** Leaves out rules, borders and pictures. */
function couldBeText({ left, top, right, bottom }: Box, size: number): boolean {
  const width = right - left;
  const height = bottom - top;
  if (height > TALLEST || width > WIDEST) return false;
  if (height <= 3 && width > 28) return false;
  if (width <= 3 && height > 40) return false;
  // A frame around something: large, and all but empty.
  return !(width > 24 && height > 16 && size < 0.16 * width * height);
}

/** Null for what has no ground around it, for borders around other grounds, and for hardly any contrast. */
function describe(picture: Picture, { area, labels }: Grounds, parts: Int32Array, box: LabelledBox): Mark | null {
  const { width, height } = area;
  const votes = new Map<number, { count: number; red: number; green: number; blue: number }>();
  const pixels = pixelsOf(picture);
  const colourAt = (x: number, y: number) => pixels[(area.y + y) * picture.width + area.x + x] ?? 0;
  let ring = 0;
  const look = (x: number, y: number) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const label = labels[y * width + x] ?? 0;
    ring++;
    if (label === 0) return;
    const colour = colourAt(x, y);
    const vote = votes.get(label) ?? { count: 0, red: 0, green: 0, blue: 0 };
    vote.count++;
    vote.red += colour & 255;
    vote.green += (colour >>> 8) & 255;
    vote.blue += (colour >>> 16) & 255;
    votes.set(label, vote);
  };
  for (let x = box.left - 1; x <= box.right; x++) {
    look(x, box.top - 1);
    look(x, box.bottom);
  }
  for (let y = box.top; y < box.bottom; y++) {
    look(box.left - 1, y);
    look(box.right, y);
  }
  let ground = 0;
  let best = { count: 0, red: 0, green: 0, blue: 0 };
  for (const [label, vote] of votes) if (vote.count > best.count) [ground, best] = [label, vote];
  if (best.count < ring / 3 || holdsAnotherGround(labels, width, box, ground)) return null;
  const red = Math.round(best.red / best.count);
  const green = Math.round(best.green / best.count);
  const blue = Math.round(best.blue / best.count);

  let contrast = 0;
  let inkColour = 0;
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      if (parts[y * width + x] !== box.label) continue;
      const colour = colourAt(x, y);
      const distance = Math.max(
        Math.abs((colour & 255) - red),
        Math.abs(((colour >>> 8) & 255) - green),
        Math.abs(((colour >>> 16) & 255) - blue),
      );
      if (distance > contrast)
        [contrast, inkColour] = [distance, rgb(colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255)];
    }
  }
  if (contrast < LEAST_CONTRAST) return null;
  return {
    left: area.x + box.left,
    top: area.y + box.top,
    right: area.x + box.right,
    bottom: area.y + box.bottom,
    ground,
    groundColour: rgb(red, green, blue),
    inkColour,
    contrast,
  };
}

/** Buttons and fields have borders around a ground of their own. */
function holdsAnotherGround(labels: Int32Array, width: number, box: Box, ground: number): boolean {
  let others = 0;
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const label = labels[y * width + x];
      if (label !== 0 && label !== ground) others++;
    }
  }
  return others > 0.2 * (box.right - box.left) * (box.bottom - box.top);
}

function rgb(red: number, green: number, blue: number): number {
  return (red << 16) | (green << 8) | blue;
}
