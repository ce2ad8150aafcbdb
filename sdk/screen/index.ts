/**
 * What is on a screen, as values: frames, cell grids, text found in them, comparing with goldens. Pure: web-standard
 * APIs only; what needs files or workers is in `sdk/reading`.
 */
export type { BlankContent, GraphicContent, Region, ScreenContent, TextContent, TextCursor } from './content.js';
export { charmap, isBoxDrawing } from './charmap.js';
export { compareFrames, defaultTolerance, drawDiff, type CompareOptions, type Comparison } from './compare.js';
export {
  findPicture,
  prepareNeedle,
  prepareScreen,
  type FindPictureOptions,
  type FindResult,
  type FoundBy,
  type FoundPicture,
  type PreparedNeedle,
  type PreparedScreen,
} from './find-picture.js';
export { contentSize, makeFrame, makeGrid, type CellGrid, type Frame } from './frame.js';
export { clampRegion, crop, type Picture } from './picture.js';
export { cellPage } from './grid-page.js';
export { rowRegion, type ColourRun, type Rung, type TextPage, type TextRow } from './page.js';
export { regionOf } from './place-region.js';
export { cellReader, mergeRows, type FrameReader } from './reader.js';
export { findText, nearestMiss, wordScreen, type FindTextOptions, type NearestMiss, type TextMatch } from './text.js';
export {
  compareTextScreens,
  decodeTextGolden,
  diffLines,
  diffTextScreens,
  encodeTextGolden,
  maskText,
  textScreenOf,
  type AttributePair,
  type TextComparison,
  type TextScreen,
} from './text-diff.js';
