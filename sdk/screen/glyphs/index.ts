/** Exact reading of text: pixels against bitmap fonts. */
export {
  GlyphReader,
  type GlyphLayout,
  type GlyphReaderOptions,
  type GlyphReading,
  type SamePixels,
} from './reader.js';
