/** What an image says of itself, and what it takes up. */
import { statSync } from 'node:fs';
import { nameWarning, recogniseDisk, type DiskFormat, type Recognised } from './recognise.js';

/** Plain data. */
export interface DiskInfo {
  path: string;
  format: DiskFormat;
  /** The kind within the format, in its own words; raw has none. */
  type: string | null;
  /** Bytes of the disk. */
  size: number;
  /** Bytes of the file, and what of it takes up room on the host. */
  fileBytes: number;
  hostBytes: number;
  /** What it lies on, as it says itself: a name, and an id where the format has one. */
  parent: { name: string; id: string | null } | null;
  /** Lower-case UUID, where the format has one. */
  id: string | null;
  /** Bytes that it grows by, where it does. */
  blockBytes: number | null;
  /** For people: what else is to be known. */
  notes: readonly string[];
}

/** @throws GuestwrightError as `recogniseDisk` */
export function diskInfo(path: string): DiskInfo {
  const disk = recogniseDisk(path);
  const { size, fileBytes, format } = disk;
  const warning = nameWarning(disk);
  const own = ownInfo(disk);
  return {
    path: disk.path,
    format,
    size,
    fileBytes,
    // Blocks of 512 bytes, whatever the file system's are.
    hostBytes: statSync(disk.path).blocks * 512,
    ...own,
    notes: [...own.notes, ...(warning === null ? [] : [warning])],
  };
}

type OwnInfo = Pick<DiskInfo, 'type' | 'parent' | 'id' | 'blockBytes' | 'notes'>;

function ownInfo(disk: Recognised): OwnInfo {
  const none = { type: null, parent: null, id: null, blockBytes: null, notes: [] };
  switch (disk.format) {
    case 'raw':
      return none;
    case 'vhd': {
      const { type, parent, id, blocks, footerDamaged } = disk.vhd;
      return {
        type,
        id,
        parent: parent === null ? null : { name: parent.name, id: parent.id },
        blockBytes: blocks?.size ?? null,
        notes: footerDamaged
          ? ['its footer is damaged, and the copy at its start was read: guestwright disk repair']
          : [],
      };
    }
    case 'vhdx': {
      const { fixed, blockBytes } = disk.header;
      return { ...none, type: fixed ? 'fixed' : 'dynamic', blockBytes };
    }
    case 'qcow2': {
      const { version, backing, clusterBytes, dirty, markedCorrupt, internalSnapshots } = disk.header;
      return {
        ...none,
        type: `version ${version}`,
        parent: backing === null ? null : { name: backing.name, id: null },
        blockBytes: clusterBytes,
        notes: [
          ...(dirty ? ['it was not closed properly: guestwright disk check'] : []),
          ...(markedCorrupt ? ['QEMU has marked it as damaged: guestwright disk check'] : []),
          ...(internalSnapshots > 0 ? [`${internalSnapshots} snapshots in it, which a conversion leaves behind`] : []),
        ],
      };
    }
    case 'vmdk': {
      const { type, grainBytes } = disk.header;
      return { ...none, type, blockBytes: grainBytes };
    }
  }
}
