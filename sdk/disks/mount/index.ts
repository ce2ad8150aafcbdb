/** Mounting disk images, and single files of them, without root and without kernel modules. */
export {
  getFile,
  listFiles,
  listPartitions,
  parsePlace,
  putFile,
  readFileOf,
  type FilePlace,
  type ListedFile,
} from './files.js';
export { listMounts, type MountListing } from './list.js';
export { mountDisk, wordPartition, type Mounted, type MountOptions } from './mount.js';
export { readPartitions, type Partition } from '../partitions/partitions.js';
export { unmountDisk, type Unmounted } from './unmount.js';
