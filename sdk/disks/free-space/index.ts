/** What the file systems on a disk do not use, found from outside. */
export { withoutFreeSpace, type ClearedDisk } from './without-free-space.js';
