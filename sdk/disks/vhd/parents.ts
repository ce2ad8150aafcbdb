/**
 * Finds the parents of differencing disks in files. What an image says of a parent's place is untrusted: of its paths only the
 * last name is used, in the image's own folder, and a file is the parent by its id alone. So no image makes us open a file
 * that is not beside it or was not given.
 */
import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GuestwrightError } from '../../errors.js';
import { FileStorage } from '../storage.js';
import { openVhdChain, type Link } from './chain.js';
import type { OpenOptions, VhdDisk } from './disk.js';
import { chainTooLong, parentCycle, parentMissing } from './errors.js';
import { MAX_CHAIN, namesOf } from './parent.js';
import { readVhd, type VhdInfo, type VhdParentInfo } from './read-vhd.js';
import { showName } from './word-vhd.js';

export interface WithParentsOptions extends Pick<OpenOptions, 'writable' | 'acceptChangedParent'> {
  /** Files that may be parents, in any order. */
  parents?: readonly string[];
}

/** @throws GuestwrightError see `openVhd`; the file system's errors for `path` itself */
export function openVhdWithParents(path: string, { parents = [], ...options }: WithParentsOptions = {}): VhdDisk {
  const files = findChain(path, parents);
  const links: Link[] = [];
  try {
    for (const [number, file] of files.entries()) {
      const access = number === 0 && options.writable === true ? 'write' : 'read';
      const storage = new FileStorage(file, access);
      links.push({ storage, modified: statSync(file).mtime });
    }
  } catch (error) {
    for (const { storage } of links) storage.close();
    throw error;
  }
  const [child, ...others] = links;
  if (child === undefined) throw new RangeError('a chain has a child');
  return openVhdChain([child, ...others], options);
}

/** The files of a disk and its parents, the child first. @throws GuestwrightError as {@link openVhdWithParents} */
export function findChain(path: string, parents: readonly string[] = []): string[] {
  const files = [path];
  const ids = new Set<string>();
  let file = path;
  for (let info = infoOfFile(path); info.parent !== null; info = infoOfFile(file)) {
    if (ids.has(info.id)) throw parentCycle(path, info.id);
    ids.add(info.id);
    if (files.length >= MAX_CHAIN) throw chainTooLong(path, MAX_CHAIN);
    file = findParent(file, info.parent, parents);
    files.push(file);
  }
  return files;
}

function findParent(child: string, wanted: VhdParentInfo, given: readonly string[]): string {
  const names = namesOf(wanted);
  const candidates = [...given, ...names.map((name) => join(dirname(child), name))];
  const looked: string[] = [];
  for (const candidate of candidates) {
    const found = idOfFile(candidate);
    if (found.kind === 'vhd' && found.id === wanted.id && resolve(candidate) !== resolve(child)) return candidate;
    looked.push(`${showName(candidate)}: ${found.kind === 'vhd' ? `has the id ${found.id}` : found.why}`);
  }
  throw parentMissing(child, { id: wanted.id, names }, looked);
}

type FileFound = { kind: 'vhd'; id: string } | { kind: 'other'; why: string };

function idOfFile(path: string): FileFound {
  try {
    // Only of a file: to open a pipe would wait for whoever writes to it.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return { kind: 'other', why: 'no such file' };
    return { kind: 'vhd', id: infoOfFile(path).id };
  } catch (error) {
    if (error instanceof GuestwrightError) return { kind: 'other', why: 'no VHD, or a damaged one' };
    return { kind: 'other', why: error instanceof Error ? error.message : 'cannot be read' };
  }
}

function infoOfFile(path: string): VhdInfo {
  const storage = new FileStorage(path);
  try {
    return readVhd(storage);
  } finally {
    storage.close();
  }
}
