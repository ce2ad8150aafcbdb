/**
 * The fonts that screens are read with: a catalogue of what firmware, kernels and boot loaders show, made on the user's
 * machine and pinned in `images.lock`; files of a user's own; and fonts that are learned from a guest.
 */
export { loadFonts, fontPath, fontsDigest, parseFontFile, type LoadFontsOptions } from './load.js';
export { listFonts, buildFonts, type FontGroupListing, type FontListing } from './manage.js';
export { DEFAULT_FONTS, fontNames, fontsFor } from './recipes.js';
export { learnFont, type LearnedFont } from './learn.js';
export { learnFontFromScreen, type CellSize, type Grid, type LearnedFromScreen } from './learn-screen.js';
export { encodeFont } from './font-file.js';
