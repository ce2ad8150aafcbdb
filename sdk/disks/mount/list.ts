/** What is mounted here. */
import { whatDied } from './mount.js';
import { allRecords } from './record.js';

export interface MountListing {
  image: string;
  /** Null: a command that copies files. */
  at: string | null;
  readOnly: boolean;
  created: string;
  partitions: { number: number; fileSystem: string; at: string }[];
  state: 'opening' | 'mounted' | 'closing' | 'committing' | 'broken';
  /** What of it has died, in words. */
  died: string[];
}

export async function listMounts(): Promise<MountListing[]> {
  return (await allRecords()).map(({ record }) => {
    const died = record.state === 'mounted' || record.state === 'closing' ? whatDied(record) : [];
    return {
      image: record.image,
      at: record.at,
      readOnly: !record.writable,
      created: record.created,
      partitions: record.partitions.map(({ number, fileSystem, at }) => ({ number, fileSystem, at })),
      state: died.length > 0 ? 'broken' : record.state,
      died,
    };
  });
}
