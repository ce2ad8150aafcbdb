/** Disk images: their formats, overlays, compaction and mounting. */
export { BytesStorage, FileStorage, type Storage } from './storage.js';
export * from './vhd/index.js';
export { diskChain, childrenOf, type ChainOptions } from './chain.js';
export { checkDisk, repairDisk, type DiskCheck } from './check.js';
export { compactDisk, type Compacted, type CompactOptions } from './compact.js';
export { convertDisk, type ConvertOptions } from './convert.js';
export type { DiskProgress } from './copy-disk.js';
export { createDisk, createOverlay, type CreateDiskOptions, type CreateOverlayOptions } from './create.js';
export { diskInfo, type DiskInfo } from './info.js';
export { discardOverlay, mergeOverlay, type OverlayWork } from './overlay.js';
export { DISK_FORMATS, formatOfName, recogniseDisk, type DiskFormat, type Recognised } from './recognise.js';
export { resizeDisk, type ResizeDiskOptions } from './resize.js';
export { DISK_TYPES, type DiskShape, type DiskType } from './shape.js';
