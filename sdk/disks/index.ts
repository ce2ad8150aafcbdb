/** Disk images: their formats, overlays, compaction and mounting. */
export { BytesStorage, FileStorage, type Storage } from './storage.js';
export * from './vhd/index.js';
