/**
 * pixelmatch 7.2's count of differing pixels, number for number: the same operations on the same doubles in the same
 * order, where their rounding can be seen. Compiled by `scripts/build-wasm.mjs`, once with SIMD and once without.
 *
 * The caller puts a part of both pictures into the memory (`layout` says where) and says where that part is in the
 * whole (`place`). pixelmatch looks two pixels far; so the part has two more around what is counted, but at the
 * whole's own edges.
 */

/** Bytes from which on pictures lie; below, nothing is kept. A multiple of 16. */
const BASE: usize = 16;
/** Vectors are read up to three pixels beyond the last one that is asked for. */
const SPARE: usize = 16;
const PAGE_BITS: usize = 16;

const ALPHA: u32 = 0xff000000;

/**
 * What pixelmatch multiplies red, green and blue with to have a brightness, times 10^8. Of opaque pixels the exact sum
 * is in the order of pixelmatch's rounded one, and equal only for equal colours (a test goes through all differences).
 */
const RED: i64 = 29889531;
const GREEN: i64 = 58662247;
const BLUE: i64 = 11448223;

let width: i32 = 0;
let height: i32 = 0;
let expected: usize = BASE;
let actual: usize = BASE;
let marks: usize = BASE;
/** Of the part's first pixel in the whole, in pixels: semi-transparent colours are blended with a pattern. */
let origin: i32 = 0;
let stride: i32 = 0;

/** Pixels that were not equal, byte for byte, since the last `layout`: how many, and between which columns. */
export let unequal: i32 = 0;
export let left: i32 = 0;
export let right: i32 = 0;

/**
 * Makes room for two pictures of this size: the expected one is to be put at the returned address, the actual one right
 * behind it, and marks (a byte a pixel) will be behind that. 0 when there is not so much memory.
 */
export function layout(columns: i32, rows: i32): usize {
  const bytes: usize = 4 * (columns as usize) * (rows as usize);
  const end = BASE + 2 * bytes + bytes / 4 + SPARE;
  const pages = ((end + (1 << PAGE_BITS) - 1) >> PAGE_BITS) as i32;
  const more = pages - memory.size();
  if (more > 0 && memory.grow(more) < 0) return 0;
  width = columns;
  height = rows;
  unequal = 0;
  left = columns;
  right = -1;
  expected = BASE;
  actual = BASE + bytes;
  marks = BASE + 2 * bytes;
  return expected;
}

/** Says where the part is: its first pixel in a whole that is so many pixels wide. */
export function place(x: i32, y: i32, columns: i32): void {
  origin = y * columns + x;
  stride = columns;
}

/** Makes a rectangle one colour in both pictures: from column `x1` and row `y1` to before `x2` and `y2`. */
export function mask(x1: i32, y1: i32, x2: i32, y2: i32, colour: u32): void {
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) {
      const at = ((y * width + x) as usize) << 2;
      store<u32>(expected + at, colour);
      store<u32>(actual + at, colour);
    }
  }
}

/**
 * Counts the pixels of rows `first` to `last` (exclusive) that differ by more than `maxDelta` and, unless
 * `antialiasing` counts too, do not look like anti-aliasing. Ends early once there are more than `limit`.
 * @param marking whether to mark them with a 1, and all others with a 0
 */
export function count(first: i32, last: i32, maxDelta: f64, antialiasing: bool, limit: i32, marking: bool): i32 {
  if (marking) memory.fill(marks + ((first * width) as usize), 0, ((last - first) * width) as usize);
  let differing = 0;
  for (let y = first; y < last; y++) {
    const start = y * width;
    const end = start + width;
    for (let i = nextUnequal(start, end); i < end; i = nextUnequal(i + 1, end)) {
      unequal++;
      const x = i - start;
      left = min(left, x);
      right = max(right, x);
      const a = pixel(expected, i);
      const b = pixel(actual, i);
      // Opaque colours that differ at all differ by more than nothing.
      const certain = maxDelta == 0 && (a & b) >= ALPHA;
      if (!certain && !differ(a, b, x, y, maxDelta)) continue;
      if (!antialiasing && (antialiased(expected, x, y) || antialiased(actual, x, y))) continue;
      if (marking) store<u8>(marks + (i as usize), 1);
      if (++differing > limit) return differing;
    }
  }
  return differing;
}

/** Whether the first so many bytes (whole pixels) of both pictures are equal. */
export function equal(bytes: i32): bool {
  const end = bytes >> 2;
  return nextUnequal(0, end) == end;
}

function pixel(picture: usize, index: i32): u32 {
  return load<u32>(picture + ((index as usize) << 2));
}

/** The first pixel from `from` on that is not equal; `end` when there is none. */
function nextUnequal(from: i32, end: i32): i32 {
  let i = from;
  // Where one pixel differs, the next often does.
  if (i < end && pixel(expected, i) != pixel(actual, i)) return i;
  if (ASC_FEATURE_SIMD) {
    for (; i + 16 <= end; i += 16) {
      const a = expected + ((i as usize) << 2);
      const b = actual + ((i as usize) << 2);
      const first = v128.xor(v128.load(a), v128.load(b));
      const second = v128.xor(v128.load(a, 16), v128.load(b, 16));
      const third = v128.xor(v128.load(a, 32), v128.load(b, 32));
      const fourth = v128.xor(v128.load(a, 48), v128.load(b, 48));
      if (v128.any_true(v128.or(v128.or(first, second), v128.or(third, fourth)))) break;
    }
    for (; i + 4 <= end; i += 4) {
      const at = (i as usize) << 2;
      const differ = i32x4.bitmask(i32x4.ne(v128.load(expected + at), v128.load(actual + at)));
      if (differ != 0) return i + ctz(differ);
    }
  } else {
    for (; i + 4 <= end; i += 4) {
      const a = expected + ((i as usize) << 2);
      const b = actual + ((i as usize) << 2);
      if (((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8))) != 0) break;
    }
  }
  while (i < end && pixel(expected, i) == pixel(actual, i)) i++;
  return i;
}

/** Whether two colours are further apart than `maxDelta`: pixelmatch's `colorDelta` without its sign. */
function differ(a: u32, b: u32, x: i32, y: i32, maxDelta: f64): bool {
  const at = (a & b) < ALPHA ? position(x, y) : 0;
  const red = channelDelta(a, b, 0, at);
  const green = channelDelta(a, b, 8, at);
  const blue = channelDelta(a, b, 16, at);
  const luma = red * 0.29889531 + green * 0.58662247 + blue * 0.11448223;
  const first = 0.5053 * luma * luma;
  // What is added is never less than 0, and rounding keeps the order.
  if (first > maxDelta) return true;
  const i = red * 0.59597799 - green * 0.2741761 - blue * 0.32180189;
  const q = red * 0.21147017 - green * 0.52261711 + blue * 0.31114694;
  return first + 0.299 * i * i + 0.1957 * q * q > maxDelta;
}

/** pixelmatch's `brightnessDelta`. */
function brightnessDelta(a: u32, b: u32, at: i32): f64 {
  if (a == b) return 0;
  const red = channelDelta(a, b, 0, at);
  const green = channelDelta(a, b, 8, at);
  const blue = channelDelta(a, b, 16, at);
  return red * 0.29889531 + green * 0.58662247 + blue * 0.11448223;
}

/** What two pixels differ by in one channel, blended with the pattern at byte `at` when one of them is not opaque. */
function channelDelta(a: u32, b: u32, shift: i32, at: i32): f64 {
  const first = ((a >> shift) & 255) as i32;
  const second = ((b >> shift) & 255) as i32;
  if ((a & b) >= ALPHA) return (first - second) as f64;
  const alpha1 = (a >> 24) as i32;
  const alpha2 = (b >> 24) as i32;
  return ((first * alpha1 - second * alpha2 - pattern(shift, at) * (alpha1 - alpha2)) as f64) / 255;
}

/** The checkerboard that pixelmatch puts behind: for each channel another one, by the byte's place in the whole. */
function pattern(shift: i32, at: i32): i32 {
  if (shift == 0) return 48;
  const step = shift == 8 ? 1.618033988749895 : 2.618033988749895;
  return 48 + 159 * ((((at as f64) / step) as i32) & 1);
}

/** Byte of a pixel in the whole picture. */
function position(x: i32, y: i32): i32 {
  return (origin + y * stride + x) << 2;
}

/** pixelmatch's `antialiased`: whether a pixel looks like a part of a smoothed edge. */
function antialiased(picture: usize, x: i32, y: i32): bool {
  if (x > 0 && y > 0 && x < width - 1 && y < height - 1) {
    const row = (width as usize) << 2;
    const middle = picture + (((y * width + x - 1) as usize) << 2);
    if (ASC_FEATURE_SIMD) {
      const above = v128.load(middle - row);
      const beside = v128.load(middle);
      const below = v128.load(middle + row);
      if (equalAround(above, beside, below, load<u32>(middle, 4)) > 2) return false;
      const opacity = v128.or(v128.and(v128.and(above, beside), below), i32x4(0xffffff, 0xffffff, 0xffffff, -1));
      if (i32x4.all_true(i32x4.eq(opacity, i32x4.splat(-1)))) return betweenVectors(above, beside, below, x, y);
    } else if (opaqueRow(middle - row) && opaqueRow(middle) && opaqueRow(middle + row)) {
      return !manySiblings(picture, x, y) && between(middle - row, middle, middle + row, x, y);
    }
  }
  return antialiasedAnywhere(picture, x, y);
}

/** Whether three pixels are opaque. */
function opaqueRow(at: usize): bool {
  return (load<u32>(at) & load<u32>(at, 4) & load<u32>(at, 8)) >= ALPHA;
}

/**
 * The rule for opaque pixels with eight neighbours, at most two of which are equal; the rows begin left of the pixel.
 * Brightness and place are one number, so that the darkest and the brightest are found without a branch, which would be
 * guessed wrong most of the time. Places count down the columns, as pixelmatch goes: of equally bright ones the first
 * counts. They take the lowest 4 bits.
 */
function betweenVectors(above: v128, beside: v128, below: v128, x: i32, y: i32): bool {
  const topLeft = brightness(above);
  const middleLeft = brightness(beside);
  const bottomLeft = brightness(below);
  // The third column: two of it in one vector, the last one twice.
  const thirdColumn = brightness(v128.shuffle<i32>(above, beside, 2, 6, 2, 6));
  const corner = brightness(v128.shuffle<i32>(below, below, 2, 2, 2, 2));
  let least = f64x2.pmin(f64x2.add(topLeft, f64x2(0, 3)), f64x2.add(middleLeft, f64x2(1, 4)));
  least = f64x2.pmin(least, f64x2.add(bottomLeft, f64x2(2, 5)));
  least = f64x2.pmin(least, f64x2.pmin(f64x2.add(thirdColumn, f64x2(6, 7)), f64x2.add(corner, f64x2(8, 8))));
  const darkest = min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  const own = f64x2.extract_lane(middleLeft, 1);
  if (darkest >= own) return false;
  let most = f64x2.pmax(f64x2.add(topLeft, f64x2(15, 12)), f64x2.add(middleLeft, f64x2(14, 11)));
  most = f64x2.pmax(most, f64x2.add(bottomLeft, f64x2(13, 10)));
  most = f64x2.pmax(most, f64x2.pmax(f64x2.add(thirdColumn, f64x2(9, 8)), f64x2.add(corner, f64x2(7, 7))));
  const brightest = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
  if (brightest < own + 16) return false;
  return flatAt(((darkest as i64) & 15) as i32, x, y) || flatAt(15 - (((brightest as i64) & 15) as i32), x, y);
}

/** Brightness of the first two of four opaque pixels, times 16 * 10^8. */
function brightness(pixels: v128): v128 {
  const byte = i32x4.splat(255);
  const red = f64x2.convert_low_i32x4_s(v128.and(pixels, byte));
  const green = f64x2.convert_low_i32x4_s(v128.and(i32x4.shr_u(pixels, 8), byte));
  const blue = f64x2.convert_low_i32x4_s(v128.and(i32x4.shr_u(pixels, 16), byte));
  return f64x2.add(
    f64x2.add(f64x2.mul(red, f64x2.splat(16 * (RED as f64))), f64x2.mul(green, f64x2.splat(16 * (GREEN as f64)))),
    f64x2.mul(blue, f64x2.splat(16 * (BLUE as f64))),
  );
}

/** Whether the neighbour at a place, counted down the columns, is flat in both. */
function flatAt(at: i32, x: i32, y: i32): bool {
  const column = at / 3;
  return flatInBoth(x + column - 1, y + at - 3 * column - 1);
}

/** The same without vectors. */
function between(above: usize, beside: usize, below: usize, x: i32, y: i32): bool {
  const own = brightnessAt(beside + 4) << 4;
  let darkest = own;
  let brightest = own + 15;
  for (let column = 0; column < 3; column++) {
    const step = (column as usize) << 2;
    const place = (3 * column) as i64;
    const top = brightnessAt(above + step) << 4;
    const middle = brightnessAt(beside + step) << 4;
    const bottom = brightnessAt(below + step) << 4;
    darkest = min(min(darkest, top + place), min(middle + place + 1, bottom + place + 2));
    brightest = max(max(brightest, top + 15 - place), max(middle + 14 - place, bottom + 13 - place));
  }
  if (darkest >= own || brightest < own + 16) return false;
  return flatAt((darkest & 15) as i32, x, y) || flatAt(15 - ((brightest & 15) as i32), x, y);
}

/** Brightness of an opaque pixel, times 10^8. */
function brightnessAt(at: usize): i64 {
  const colour = load<u32>(at);
  return (
    ((colour & 255) as i64) * RED + (((colour >> 8) & 255) as i64) * GREEN + (((colour >> 16) & 255) as i64) * BLUE
  );
}

/** The rule as pixelmatch writes it down: at edges, and where something is not opaque. */
function antialiasedAnywhere(picture: usize, x: i32, y: i32): bool {
  const firstColumn = max(x - 1, 0);
  const top = max(y - 1, 0);
  const lastColumn = min(x + 1, width - 1);
  const bottom = min(y + 1, height - 1);
  const own = pixel(picture, y * width + x);
  const at = position(x, y);
  let zeroes = x == firstColumn || x == lastColumn || y == top || y == bottom ? 1 : 0;
  let darkest: f64 = 0;
  let brightest: f64 = 0;
  let darkestX = 0;
  let darkestY = 0;
  let brightestX = 0;
  let brightestY = 0;
  for (let column = firstColumn; column <= lastColumn; column++) {
    for (let row = top; row <= bottom; row++) {
      if (column == x && row == y) continue;
      const delta = brightnessDelta(own, pixel(picture, row * width + column), at);
      if (delta == 0) {
        if (++zeroes > 2) return false;
      } else if (delta < darkest) {
        darkest = delta;
        darkestX = column;
        darkestY = row;
      } else if (delta > brightest) {
        brightest = delta;
        brightestX = column;
        brightestY = row;
      }
    }
  }
  if (darkest == 0 || brightest == 0) return false;
  return flatInBoth(darkestX, darkestY) || flatInBoth(brightestX, brightestY);
}

/** Whether a pixel has three or more equal neighbours in both pictures. */
function flatInBoth(x: i32, y: i32): bool {
  return manySiblings(expected, x, y) && manySiblings(actual, x, y);
}

/** pixelmatch's `hasManySiblings`: three or more neighbours of the same colour, where an edge counts for one. */
function manySiblings(picture: usize, x: i32, y: i32): bool {
  if (ASC_FEATURE_SIMD) {
    if (x > 0 && y > 0 && x < width - 1 && y < height - 1) {
      const middle = picture + (((y * width + x - 1) as usize) << 2);
      const row = (width as usize) << 2;
      const around = equalAround(
        v128.load(middle - row),
        v128.load(middle),
        v128.load(middle + row),
        load<u32>(middle + 4),
      );
      return around > 2;
    }
  }
  const firstColumn = max(x - 1, 0);
  const top = max(y - 1, 0);
  const lastColumn = min(x + 1, width - 1);
  const bottom = min(y + 1, height - 1);
  const own = pixel(picture, y * width + x);
  // The pixel itself is met among its neighbours.
  let zeroes = x == firstColumn || x == lastColumn || y == top || y == bottom ? 0 : -1;
  for (let row = top; row <= bottom; row++) {
    for (let column = firstColumn; column <= lastColumn; column++)
      zeroes += (pixel(picture, row * width + column) == own) as i32;
  }
  return zeroes > 2;
}

/** How many of the eight pixels around the middle one have its colour; the rows begin left of it. */
function equalAround(above: v128, beside: v128, below: v128, own: u32): i32 {
  const colour = i32x4.splat(own as i32);
  const last = i16x8.narrow_i32x4_s(i32x4.eq(below, colour), i32x4.splat(0));
  const first = i16x8.narrow_i32x4_s(i32x4.eq(above, colour), i32x4.eq(beside, colour));
  // A bit for each of four pixels a row; the fourth is none of them, and one of the others is the pixel itself.
  return popcnt(i8x16.bitmask(i8x16.narrow_i16x8_s(first, last)) & 0x777) - 1;
}
