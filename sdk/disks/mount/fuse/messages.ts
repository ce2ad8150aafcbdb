/**
 * The messages between the kernel and a FUSE server, as `include/uapi/linux/fuse.h` lays them out (protocol 7.31; all
 * numbers little-endian on the hosts that Guestwright runs on). Only what a plain file system needs.
 */

export const OPCODE = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  setattr: 4,
  mkdir: 9,
  unlink: 10,
  rmdir: 11,
  rename: 12,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  flush: 25,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  fsyncdir: 30,
  create: 35,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
  rename2: 45,
} as const;

const IN_HEADER = 40;
const OUT_HEADER = 16;

export interface FuseRequest {
  opcode: number;
  /** As it came: it is only sent back. */
  unique: bigint;
  node: number;
  /** What follows the header. */
  body: Buffer;
}

/** @throws RangeError of a message that is not as long as it says */
export function readRequest(message: Buffer): FuseRequest {
  if (message.length < IN_HEADER || message.readUInt32LE(0) !== message.length) {
    throw new RangeError(`a message of ${message.length} bytes`);
  }
  return {
    opcode: message.readUInt32LE(4),
    unique: message.readBigUInt64LE(8),
    node: Number(message.readBigUInt64LE(16)),
    body: message.subarray(IN_HEADER),
  };
}

/** @param error an errno, 0 for none */
export function writeReply(unique: bigint, error: number, body: Uint8Array = new Uint8Array()): Buffer {
  const reply = Buffer.alloc(OUT_HEADER + body.length);
  reply.writeUInt32LE(reply.length, 0);
  reply.writeInt32LE(-error, 4);
  reply.writeBigUInt64LE(unique, 8);
  reply.set(body, OUT_HEADER);
  return reply;
}

export interface FuseAttributes {
  node: number;
  size: number;
  /** Type and rights, as in stat(2). */
  mode: number;
  modified: Date;
  owner: { uid: number; gid: number };
}

const BLOCK = 512;
/** How long the kernel may answer from an answer, s. Nobody else changes these files. */
const VALID_SECONDS = 1n;

function writeAttributes(out: Buffer, at: number, { node, size, mode, modified, owner }: FuseAttributes): void {
  const seconds = BigInt(Math.floor(modified.getTime() / 1000));
  out.writeBigUInt64LE(BigInt(node), at);
  out.writeBigUInt64LE(BigInt(size), at + 8);
  out.writeBigUInt64LE(BigInt(Math.ceil(size / BLOCK)), at + 16);
  for (const offset of [24, 32, 40]) out.writeBigInt64LE(seconds, at + offset);
  out.writeUInt32LE(mode, at + 60);
  out.writeUInt32LE(1, at + 64);
  out.writeUInt32LE(owner.uid, at + 68);
  out.writeUInt32LE(owner.gid, at + 72);
  out.writeUInt32LE(4096, at + 80);
}

const ATTRIBUTES = 88;

/** `fuse_attr_out` */
export function attributesReply(attributes: FuseAttributes): Buffer {
  const out = Buffer.alloc(16 + ATTRIBUTES);
  out.writeBigUInt64LE(VALID_SECONDS, 0);
  writeAttributes(out, 16, attributes);
  return out;
}

/** `fuse_entry_out`. Names are valid for no time: a name that differs in case only is the same file. */
export function entryReply(attributes: FuseAttributes): Buffer {
  const out = Buffer.alloc(40 + ATTRIBUTES);
  out.writeBigUInt64LE(BigInt(attributes.node), 0);
  out.writeBigUInt64LE(VALID_SECONDS, 24);
  writeAttributes(out, 40, attributes);
  return out;
}

/** `fuse_open_out` */
export function openReply(handle: number): Buffer {
  const out = Buffer.alloc(16);
  out.writeBigUInt64LE(BigInt(handle), 0);
  return out;
}

/** `fuse_write_out` */
export function writtenReply(bytes: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeUInt32LE(bytes, 0);
  return out;
}

/** `fuse_statfs_out` */
export function spaceReply(space: { blockSize: number; blocks: number; free: number }): Buffer {
  const out = Buffer.alloc(80);
  out.writeBigUInt64LE(BigInt(space.blocks), 0);
  for (const offset of [8, 16]) out.writeBigUInt64LE(BigInt(space.free), offset);
  out.writeUInt32LE(space.blockSize, 40);
  out.writeUInt32LE(255, 44);
  out.writeUInt32LE(space.blockSize, 48);
  return out;
}

/** The largest write that the kernel is to send, bytes. */
export const MOST_WRITTEN = 128 * 1024;

/** `fuse_init_out`: protocol 7.31 and none of the options. */
export function initReply(): Buffer {
  const out = Buffer.alloc(64);
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(31, 4);
  out.writeUInt32LE(MOST_WRITTEN, 8);
  // FUSE_BIG_WRITES, without which a write is a page.
  out.writeUInt32LE(1 << 5, 12);
  out.writeUInt32LE(MOST_WRITTEN, 20);
  out.writeUInt32LE(1, 24);
  return out;
}

export interface DirectoryEntry {
  node: number;
  name: string;
  directory: boolean;
}

/** As many entries from the `first`-th on as fit into `most` bytes. */
export function directoryReply(entries: readonly DirectoryEntry[], first: number, most: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (const [index, entry] of [...entries.entries()].slice(first)) {
    const name = Buffer.from(entry.name);
    const part = Buffer.alloc((24 + name.length + 7) & ~7);
    if (length + part.length > most) break;
    part.writeBigUInt64LE(BigInt(entry.node), 0);
    part.writeBigUInt64LE(BigInt(index + 1), 8);
    part.writeUInt32LE(name.length, 16);
    part.writeUInt32LE(entry.directory ? 4 : 8, 20);
    part.set(name, 24);
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts);
}

/** The names that end a message, each with a NUL; null: one is not UTF-8. */
export function readNames(body: Buffer, at: number): string[] | null {
  const names: string[] = [];
  for (let start = at, end = body.indexOf(0, at); end !== -1; start = end + 1, end = body.indexOf(0, start)) {
    const bytes = body.subarray(start, end);
    const name = bytes.toString();
    if (!Buffer.from(name).equals(bytes)) return null;
    names.push(name);
  }
  return names;
}
