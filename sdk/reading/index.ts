/** What `sdk/screen` needs from files and from Node: pictures, fonts, OCR models, and the ladder of readers made of them. */
export { decodePng, encodePng, MAX_PNG_SIDE, type EncodeOptions } from './png.js';
export { compareFrames, matchFrames } from './compare.js';
export { loadPicture, type LoadedPicture } from './picture-cache.js';
export { pictureFile } from './picture-file.js';
export { LadderReader, type LadderOptions } from './ladder.js';
