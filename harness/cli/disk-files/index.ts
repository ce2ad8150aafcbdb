/** The commands of `guestwright disk` that deal with what is inside of images. */
export { catCommand, getCommand, lsCommand, putCommand } from './files.js';
export { mountCommand, mountsCommand, unmountCommand } from './mount.js';
