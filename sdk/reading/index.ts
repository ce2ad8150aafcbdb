/** What `sdk/screen` needs from files and from Node: pictures read and written (fonts and OCR models are to come). */
export { decodePng, encodePng, MAX_PNG_SIDE, type EncodeOptions } from './png.js';
