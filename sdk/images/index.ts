/**
 * Guest images: a catalogue of recipes that build what a guest boots from out of Debian packages, on the user's
 * machine, without root; a cache of what was built; and `images.lock`, which pins packages and bytes for a project.
 */
export { resolveFileRef, parseImageRef, type ResolvedFile, type ResolveOptions } from './refs.js';
export { listImages, buildImage, imagePath, removeImage, type ImageListing } from './manage.js';
export { exportImage, importImage, type ImportOptions } from './transfer.js';
export { cacheFolder } from './files.js';
export type { BuildOptions } from './build.js';
export type { Progress } from './debian.js';
export type { PartDescription } from './recipe.js';
