/** What `sdk/screen` needs from files and from Node: pictures read, written and compared (fonts and OCR models are to come). */
export { decodePng, encodePng, MAX_PNG_SIDE, type EncodeOptions } from './png.js';
export { compareFrames, matchFrames } from './compare.js';
export { loadPicture, type LoadedPicture } from './picture-cache.js';
