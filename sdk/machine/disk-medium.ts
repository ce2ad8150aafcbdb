/** The disks that a spec names: what is in each image, and how the engine is to read it. */
import path from 'node:path';
import { diskChain } from '../disks/chain.js';
import { chainDigest, flatDisk } from '../disks/flat-disk.js';
import type { Recognised } from '../disks/recognise.js';
import type { BaseImage, BlockSource } from '../engines/blocks.js';
import type { Medium } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import { resolveFileRef } from '../images/refs.js';
import type { MachineSpec } from './spec.js';

type Links = readonly [Recognised, ...Recognised[]];

/**
 * @param index its place in the spec's `disks`
 * @throws GuestwrightError as `resolveFileRef`, `diskChain` and `flatDisk`, with the field of the spec in it
 */
export async function openDiskMedium(
  disk: MachineSpec['disks'][number],
  index: number,
  { engine }: Pick<MachineSpec, 'engine'>,
): Promise<Medium> {
  const overlay: Medium['overlay'] =
    disk.overlay === undefined ? { kind: 'memory' } : { kind: 'file', path: path.resolve(disk.overlay) };
  if ('sizeMb' in disk) {
    const size = disk.sizeMb * 1024 * 1024;
    return { source: { kind: 'blank', size }, digest: `blank:${size}`, overlay };
  }
  try {
    const file = await resolveFileRef(disk.path);
    const links = diskChain(file.path);
    const digest = await chainDigest(links);
    return { source: await sourceOf(links, digest, engine), digest, overlay };
  } catch (error) {
    throw error instanceof GuestwrightError ? inField(error, disk.path, index) : error;
  }
}

async function sourceOf(links: Links, digest: string, engine: MachineSpec['engine']): Promise<BlockSource> {
  switch (wayOf(links, engine)) {
    case 'as-it-is':
      return { kind: 'file', path: links[0].path, size: links[0].size };
    case 'vhd': {
      const [top, ...below] = links.map((link) => link.path);
      return { kind: 'vhd', paths: [top ?? '', ...below], size: links[0].size };
    }
    case 'qcow2':
      return qcow2Source(links);
    case 'flattened':
      return { kind: 'file', path: await flatDisk(links, digest), size: links[0].size };
  }
}

/** QEMU can neither snapshot nor migrate what is in VHD, VHDX and VMDK, and reads differencing VHDs wrongly. */
function wayOf([top]: Links, engine: MachineSpec['engine']): 'as-it-is' | 'vhd' | 'qcow2' | 'flattened' {
  switch (top.format) {
    case 'raw':
      return 'as-it-is';
    case 'vhd':
      if (engine === 'v86') return 'vhd';
      // The footer after the disk's bytes is beyond its size.
      return top.vhd.type === 'fixed' ? 'as-it-is' : 'flattened';
    case 'qcow2':
      return engine === 'v86' ? 'flattened' : 'qcow2';
    case 'vhdx':
    case 'vmdk':
      return 'flattened';
  }
}

function qcow2Source([top, ...below]: Links): BlockSource {
  const images = below.map((link): BaseImage => ({
    path: link.path,
    // Nothing else lies below a qcow2 image.
    format: link.format === 'qcow2' ? 'qcow2' : 'raw',
  }));
  const source = { kind: 'file', path: top.path, size: top.size, format: 'qcow2' } as const;
  return images.length === 0 ? source : { ...source, below: images };
}

function inField(error: GuestwrightError, image: string, index: number): GuestwrightError {
  const { failure } = error;
  const [summary = ''] = error.message.split('\n');
  const next = `correct the spec field "disks.${index}.path" (${image})`;
  return new GuestwrightError(
    summary,
    { ...failure, next: failure.next === undefined ? next : `${failure.next}; or ${next}` },
    { cause: error },
  );
}
