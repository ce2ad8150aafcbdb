/** Microsoft's VHD: fixed, dynamic and differencing disks, read, written, made, checked and repaired. */
export { openVhdChain, type Link } from './chain.js';
export { checkVhd, repairOf, type Repair, type VhdFinding } from './check.js';
export { compactVhd } from './compact.js';
export { eachPiece, type CopyOptions } from './pieces.js';
export { createVhd, type CreateOptions, type NewParent } from './create.js';
export { openVhd, type OpenOptions, type VhdDisk } from './disk.js';
export { isZero, type Extent } from './extents.js';
export type { Geometry, VhdType } from './format.js';
export { mergeVhd } from './merge.js';
export type { VhdParent } from './parent.js';
export { findChain, openVhdWithParents, type WithParentsOptions } from './parents.js';
export { readVhd, type LocatorPlatform, type VhdInfo, type VhdParentInfo } from './read-vhd.js';
export { repairVhd, type Repaired, type RepairOptions } from './repair.js';
export { resizeVhd, type ResizeOptions } from './resize.js';
export { wordFinding } from './word-vhd.js';
