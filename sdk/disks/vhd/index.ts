/** Microsoft's VHD: fixed, dynamic and differencing disks, read, written, made, checked and repaired. */
export { createVhd, type CreateOptions, type NewParent } from './create.js';
export { openVhd, type OpenOptions, type VhdDisk } from './disk.js';
export type { Extent } from './extents.js';
export type { Geometry, VhdType } from './format.js';
export type { VhdParent } from './parent.js';
export { readVhd, type LocatorPlatform, type VhdInfo, type VhdParentInfo } from './read-vhd.js';
export { openVhdChain, type Link } from './chain.js';
export { findChain, openVhdWithParents, type WithParentsOptions } from './parents.js';
