/**
 * Writes a "newc" cpio archive, the format of a Linux initramfs (Documentation/driver-api/early-userspace in the
 * kernel's tree). Owner, times and inode numbers are fixed, so equal entries give equal bytes.
 */

export type CpioEntry =
  | { type: 'file'; path: string; mode: number; data: Uint8Array }
  | { type: 'directory'; path: string; mode: number }
  | { type: 'symlink'; path: string; target: string }
  /** A character device. */
  | { type: 'device'; path: string; mode: number; major: number; minor: number };

const FORMAT = { file: 0o100000, directory: 0o040000, symlink: 0o120000, device: 0o020000 } as const;

/**
 * @param entries parents before their children; paths are relative (`bin/sh`). They are written in the order given.
 * @returns the whole archive, uncompressed
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  let inode = 0;
  const seen = new Set<string>();
  for (const entry of entries) {
    if (seen.has(entry.path)) throw new RangeError(`The archive would hold ${entry.path} twice`);
    seen.add(entry.path);
    inode += 1;
    pushEntry(chunks, inode, entry);
  }
  pushRecord(chunks, { inode: 0, mode: 0, links: 1, path: 'TRAILER!!!', data: new Uint8Array(), major: 0, minor: 0 });
  return concat(chunks);
}

function pushEntry(chunks: Uint8Array[], inode: number, entry: CpioEntry): void {
  const permissions = entry.type === 'symlink' ? 0o777 : entry.mode;
  const data =
    entry.type === 'file'
      ? entry.data
      : entry.type === 'symlink'
        ? new TextEncoder().encode(entry.target)
        : new Uint8Array();
  pushRecord(chunks, {
    inode,
    mode: FORMAT[entry.type] | permissions,
    links: entry.type === 'directory' ? 2 : 1,
    path: entry.path,
    data,
    major: entry.type === 'device' ? entry.major : 0,
    minor: entry.type === 'device' ? entry.minor : 0,
  });
}

interface CpioRecord {
  inode: number;
  mode: number;
  links: number;
  path: string;
  data: Uint8Array;
  major: number;
  minor: number;
}

function pushRecord(chunks: Uint8Array[], record: CpioRecord): void {
  const name = new TextEncoder().encode(`${record.path}\0`);
  // Magic, inode, mode, uid, gid, links, mtime, size, device (2), device of a node (2), length of the name, checksum.
  const fields = [
    record.inode,
    record.mode,
    0,
    0,
    record.links,
    0,
    record.data.length,
    0,
    0,
    record.major,
    record.minor,
    name.length,
    0,
  ];
  const header = `070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('')}`;
  chunks.push(new TextEncoder().encode(header), name, padding(header.length + name.length));
  chunks.push(record.data, padding(record.data.length));
}

/** Names and data are aligned to 4 bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
