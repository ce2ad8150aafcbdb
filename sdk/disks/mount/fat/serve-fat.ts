/** Answers what the kernel asks of a mounted FAT file system. */
import { constants } from 'node:os';
import * as fatFs from 'js-fatfs';
import {
  attributesReply,
  directoryReply,
  entryReply,
  initReply,
  openReply,
  OPCODE,
  readNames,
  spaceReply,
  writtenReply,
  type DirectoryEntry,
  type FuseAttributes,
  type FuseRequest,
} from '../fuse/messages.js';
import { FatNodes, ROOT, type FatNode } from './fat-nodes.js';
import { FatError, MOST_BYTES, type FatEntry, type FatFile, type FatVolume } from './fat-volume.js';

const { errno } = constants;

/** Refused with this errno. */
class Refused extends Error {
  constructor(readonly errno: number) {
    super(`errno ${errno}`);
  }
}

/** `none`: the kernel wants no answer to this. */
export type Answer = { kind: 'reply'; body: Uint8Array } | { kind: 'error'; errno: number } | { kind: 'none' };

const NOTHING = new Uint8Array();
const DIRECTORY_MODE = 0o040000;
const FILE_MODE = 0o100000;
/** A bit of `valid` in `fuse_setattr_in`. */
const SETS_SIZE = 8;
const RENAME_NOREPLACE = 1;

interface Space {
  clusterBytes: number;
  clusters: number;
}

/** @returns what answers one request after another */
export function serveFat(volume: FatVolume, { clusterBytes, clusters }: Space): (request: FuseRequest) => Answer {
  const nodes = new FatNodes();
  const listings = new Map<number, DirectoryEntry[]>();
  let nextListing = 1;
  const mounted = new Date();
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

  function nodeOf(id: number): FatNode {
    const node = nodes.get(id);
    if (node === undefined) throw new Refused(errno.ESTALE);
    return node;
  }

  function attributesOf(node: FatNode): FuseAttributes {
    if (node.id === ROOT) return { node: ROOT, size: 0, mode: DIRECTORY_MODE | 0o755, modified: mounted, owner };
    return attributes(node, volume.stat(nodes.path(node)));
  }

  function attributes(node: FatNode, entry: FatEntry): FuseAttributes {
    const rights = entry.directory ? 0o755 : entry.readOnly ? 0o444 : 0o644;
    return {
      node: node.id,
      // FatFs writes the size of an open file into its directory when it closes it.
      size: node.file?.size ?? entry.size,
      mode: (entry.directory ? DIRECTORY_MODE : FILE_MODE) | rights,
      modified: entry.modified,
      owner,
    };
  }

  function fileOf(node: FatNode, how: 'read' | 'write'): FatFile {
    if (node.directory) throw new Refused(errno.EISDIR);
    if (node.file === null) {
      try {
        node.file = volume.open(nodes.path(node), 'write');
      } catch (error) {
        // A file that is read-only, or all of them are.
        if (how === 'write' || !(error instanceof FatError)) throw error;
        node.file = volume.open(nodes.path(node), 'read');
      }
    }
    return node.file;
  }

  function told(parent: FatNode, path: string): Buffer {
    const entry = volume.stat(path);
    const node = nodes.of(parent.id, entry);
    node.known += 1;
    return entryReply(attributes(node, entry));
  }

  function rename(parent: FatNode, from: string, newParent: FatNode, to: string, flags: number): void {
    if ((flags & ~RENAME_NOREPLACE) !== 0) throw new Refused(errno.EINVAL);
    const source = nodes.pathOf(parent, from);
    const target = nodes.pathOf(newParent, to);
    const moved = nodes.of(parent.id, volume.stat(source));
    const inTheWay = thereAt(volume, target);
    const isItself = parent === newParent && from.toLowerCase() === to.toLowerCase();
    if (inTheWay !== null && !isItself) {
      if ((flags & RENAME_NOREPLACE) !== 0) throw new Refused(errno.EEXIST);
      if (inTheWay.directory !== moved.directory) throw new Refused(moved.directory ? errno.ENOTDIR : errno.EISDIR);
      remove(newParent, to, inTheWay.directory);
    }
    // An open file remembers where its entry is.
    for (const open of nodes.below(moved)) nodes.close(open);
    volume.rename(source, target);
    nodes.move(moved, newParent.id, to);
  }

  function remove(parent: FatNode, name: string, directory: boolean): void {
    const path = nodes.pathOf(parent, name);
    const entry = volume.stat(path);
    if (entry.directory !== directory) throw new Refused(directory ? errno.ENOTDIR : errno.EISDIR);
    const node = nodes.find(parent.id, entry.name);
    if (node !== undefined && node.opened > 0) throw new Refused(errno.EBUSY);
    if (node !== undefined) nodes.close(node);
    if (directory && volume.list(path).length > 0) throw new Refused(errno.ENOTEMPTY);
    volume.remove(path);
    if (node !== undefined) nodes.unname(node);
  }

  function release(node: FatNode): void {
    node.opened -= 1;
    if (node.opened === 0) nodes.close(node);
  }

  function setAttributes(node: FatNode, body: Buffer): Buffer {
    if ((body.readUInt32LE(0) & SETS_SIZE) !== 0) {
      const size = Number(body.readBigUInt64LE(16));
      if (size > MOST_BYTES) throw new Refused(errno.EFBIG);
      const file = fileOf(node, 'write');
      const room = file.truncate(size);
      if (node.opened === 0) nodes.close(node);
      if (!room) throw new Refused(errno.ENOSPC);
    }
    // Owner, rights and times are taken without a word, as the kernel's vfat does with `quiet`: `cp -p` is to work.
    return attributesReply(attributesOf(node));
  }

  function write(node: FatNode, body: Buffer): Buffer {
    const offset = Number(body.readBigUInt64LE(8));
    const bytes = body.subarray(40, 40 + body.readUInt32LE(16));
    if (offset + bytes.length > MOST_BYTES) throw new Refused(errno.EFBIG);
    const written = fileOf(node, 'write').write(offset, bytes);
    if (written === 0 && bytes.length > 0) throw new Refused(errno.ENOSPC);
    return writtenReply(written);
  }

  function openDirectory(node: FatNode): Buffer {
    const entries = volume
      .list(nodes.path(node))
      .map(({ name, directory }) => ({ node: 0xffff_ffff, name, directory }));
    const dots = ['.', '..'].map((name) => ({ node: node.id, name, directory: true }));
    listings.set(nextListing, [...dots, ...entries]);
    return openReply(nextListing++);
  }

  function answer({ opcode, node: id, body }: FuseRequest): Uint8Array | null {
    const node = () => nodeOf(id);
    switch (opcode) {
      case OPCODE.init:
        return initReply();
      case OPCODE.lookup:
        return told(node(), nodes.pathOf(node(), oneName(body, 0)));
      case OPCODE.forget:
        nodes.forget(id, Number(body.readBigUInt64LE(0)));
        return null;
      case OPCODE.batchForget:
        for (let at = 8; at + 16 <= body.length; at += 16) {
          nodes.forget(Number(body.readBigUInt64LE(at)), Number(body.readBigUInt64LE(at + 8)));
        }
        return null;
      case OPCODE.interrupt:
        return null;
      case OPCODE.getattr:
        return attributesReply(attributesOf(node()));
      case OPCODE.setattr:
        return setAttributes(node(), body);
      case OPCODE.mkdir: {
        const path = nodes.pathOf(node(), oneName(body, 8));
        volume.makeDirectory(path);
        return told(node(), path);
      }
      case OPCODE.create: {
        const path = nodes.pathOf(node(), oneName(body, 16));
        const file = volume.open(path, 'create');
        const entry = told(node(), path);
        const created = nodes.of(id, volume.stat(path));
        created.file = file;
        created.opened += 1;
        return Buffer.concat([entry, openReply(0)]);
      }
      case OPCODE.unlink:
        remove(node(), oneName(body, 0), false);
        return NOTHING;
      case OPCODE.rmdir:
        remove(node(), oneName(body, 0), true);
        return NOTHING;
      case OPCODE.rename:
      case OPCODE.rename2: {
        const [from, to] = names(body, opcode === OPCODE.rename ? 8 : 16, 2);
        const flags = opcode === OPCODE.rename ? 0 : body.readUInt32LE(8);
        rename(node(), from ?? '', nodeOf(Number(body.readBigUInt64LE(0))), to ?? '', flags);
        return NOTHING;
      }
      case OPCODE.open:
        fileOf(node(), 'read');
        node().opened += 1;
        return openReply(0);
      case OPCODE.read:
        return fileOf(node(), 'read').read(Number(body.readBigUInt64LE(8)), body.readUInt32LE(16));
      case OPCODE.write:
        return write(node(), body);
      case OPCODE.flush:
      case OPCODE.fsync:
        node().file?.sync();
        return NOTHING;
      case OPCODE.release:
        release(node());
        return NOTHING;
      case OPCODE.opendir:
        return openDirectory(node());
      case OPCODE.readdir: {
        const listing = listings.get(Number(body.readBigUInt64LE(0))) ?? [];
        return directoryReply(listing, Number(body.readBigUInt64LE(8)), body.readUInt32LE(16));
      }
      case OPCODE.releasedir:
        listings.delete(Number(body.readBigUInt64LE(0)));
        return NOTHING;
      case OPCODE.fsyncdir:
        return NOTHING;
      case OPCODE.statfs:
        return spaceReply({ blockSize: clusterBytes, blocks: clusters, free: volume.freeClusters() });
      case OPCODE.destroy:
        for (const open of nodes.open()) nodes.close(open);
        return NOTHING;
      default:
        throw new Refused(errno.ENOSYS);
    }
  }

  return (request) => {
    try {
      const body = answer(request);
      return body === null ? { kind: 'none' } : { kind: 'reply', body };
    } catch (error) {
      if (error instanceof Refused) return { kind: 'error', errno: error.errno };
      if (error instanceof FatError) return { kind: 'error', errno: ERRNOS.get(error.result) ?? errno.EIO };
      throw error;
    }
  };
}

const ERRNOS = new Map([
  [fatFs.FR_NO_FILE, errno.ENOENT],
  [fatFs.FR_NO_PATH, errno.ENOENT],
  [fatFs.FR_INVALID_NAME, errno.EINVAL],
  [fatFs.FR_EXIST, errno.EEXIST],
  [fatFs.FR_WRITE_PROTECTED, errno.EROFS],
  [fatFs.FR_NOT_ENOUGH_CORE, errno.ENOMEM],
  // A file that is read-only, or a directory that has no room for the name.
  [fatFs.FR_DENIED, errno.EACCES],
]);

function thereAt(volume: FatVolume, path: string): FatEntry | null {
  try {
    return volume.stat(path);
  } catch (error) {
    if (error instanceof FatError && error.result === fatFs.FR_NO_FILE) return null;
    throw error;
  }
}

/** What FAT has no names for; FatFs would take some of it for a folder's name, or a drive's. */
const NO_NAME = /[\u0000-\u001f"*/:<>?\\|]|^\.{0,2}$|[. ]$/;

function names(body: Buffer, at: number, count: number): string[] {
  const found = readNames(body, at);
  if (found?.length !== count || found.some((name) => NO_NAME.test(name))) throw new Refused(errno.EINVAL);
  if (found.some((name) => name.length > 255)) throw new Refused(errno.ENAMETOOLONG);
  return found;
}

function oneName(body: Buffer, at: number): string {
  return names(body, at, 1)[0] ?? '';
}
