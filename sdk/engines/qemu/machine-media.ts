/**
 * A machine's media as QEMU has them. What the guest writes goes to layers over a base that is never written; a snapshot
 * puts a new layer on top of each, so that what is below it stays as it was.
 */
import { copyFile, link, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Drive, Hardware, Medium, RemovableMedia } from '../engine.js';
import {
  blockNode,
  diskSize,
  isWritable,
  nodeName,
  topLayer,
  type BlockNode,
  type Device,
  type Layer,
} from './block-nodes.js';
import type { DiskDrive, Drives } from './drive-options.js';
import { copyPart } from './file-parts.js';
import { foreignOverlay } from './misuse.js';
import { overlayLayers, replaceLayers } from '../../disks/overlay-layers.js';
import { emptyQcow2, isQcow2 } from '../../disks/qcow2.js';
import { recordedNode } from './record-options.js';
import { nothing, type QmpClient } from './qmp.js';

/** Key of the firmware's variables. */
const VARIABLES = 'variables';

/** A medium that the machine has had in a drive. */
interface Known {
  device: Device;
  medium: Medium;
  layers: Layer[];
  /** The last layer belongs to a snapshot: it is not to be written to any more. */
  sealed: boolean;
}

/** What was on the media at one moment; the layers stay as they are. */
export interface FrozenMedia {
  removable: { floppies: (string | null)[]; cdrom: string | null | undefined; bootOrder: RemovableMedia['bootOrder'] };
  layers: ReadonlyMap<string, readonly Layer[]>;
}

export class MachineMedia {
  removable: RemovableMedia;
  readonly #folder: string;
  readonly #disks: Hardware['disks'];
  readonly #recorded: boolean;
  /** What the firmware's variables are at first; null where it has none. */
  readonly #variables: string | null;
  /** By key. */
  readonly #known = new Map<string, Known>();
  /** Nodes that the running process knows. */
  readonly #nodes = new Set<string>();
  readonly #bases = new Set<string>();
  /** Layers, and copies of the user's, in the machine's folder. */
  readonly #own = new Set<string>();
  #files = 0;

  /**
   * @param folder for the files of the machine's own
   * @param variables file with what the firmware's variables are at first
   */
  constructor(folder: string, hardware: Hardware, variables: string | null) {
    this.#folder = folder;
    this.#variables = variables;
    this.#disks = hardware.disks;
    this.#recorded = hardware.record === true;
    this.removable = { floppies: hardware.floppies, cdrom: hardware.cdrom, bootOrder: hardware.bootOrder };
  }

  /** The drives for a process that is about to start, all files in place. @throws GuestwrightError `usage/overlay-foreign` */
  async open(): Promise<Drives> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#nodes.clear();
    const { floppies, cdrom } = this.removable;
    const disks: DiskDrive[] = [];
    for (const [i, medium] of this.#disks.entries()) {
      disks.push({ bus: medium.bus ?? 'ide', node: await this.#node(`disk${i}`, 'disk', medium) });
    }
    const variables = this.#variables === null ? null : await this.#flash(this.#variables);
    const inFloppies: (BlockNode | null)[] = [];
    for (const [i, medium] of floppies.entries()) {
      inFloppies.push(medium === null ? null : await this.#removable(`floppy${i}`, medium));
    }
    const inCdrom = cdrom === undefined || cdrom === null ? cdrom : await this.#removable('cdrom0', cdrom);
    return { disks, floppies: inFloppies, cdrom: inCdrom, variables };
  }

  /** Puts a medium into a drive, or takes it out; of a machine that is off (`null`) too. */
  async insert(drive: Drive, medium: Medium | null, qmp: QmpClient | null): Promise<void> {
    const index = drive === 'floppy1' ? 1 : 0;
    this.removable =
      drive === 'cdrom0'
        ? { ...this.removable, cdrom: medium }
        : { ...this.removable, floppies: this.removable.floppies.map((old, i) => (i === index ? medium : old)) };
    if (qmp === null) return;
    await qmp.execute('blockdev-open-tray', { id: drive, force: true }, nothing);
    await qmp.execute('blockdev-remove-medium', { id: drive }, nothing);
    if (medium !== null) {
      const known = this.#nodes.size;
      const node = await this.#removable(drive, medium);
      if (this.#nodes.size > known) await qmp.execute('blockdev-add', node.description, nothing);
      await qmp.execute('blockdev-insert-medium', { id: drive, 'node-name': node.name }, nothing);
    }
    await qmp.execute('blockdev-close-tray', { id: drive }, nothing);
  }

  /** What is on the media now. The guest must stand; it goes on writing beside. */
  async freeze(qmp: QmpClient | null): Promise<FrozenMedia> {
    const layers = new Map<string, readonly Layer[]>();
    for (const [key, known] of this.#known) {
      if (known.layers.length === 0) continue;
      if (known.medium.overlay.kind === 'file') {
        layers.set(key, await this.#copiesOf(key, known.layers));
        continue;
      }
      layers.set(key, [...known.layers]);
      known.sealed = true;
      if (qmp === null || !this.#nodes.has(nodeName(key, known.layers.length))) continue;
      const below = nodeName(key, known.layers.length);
      await this.#unseal(key, known);
      const top = topLayer(key, known.layers);
      await qmp.execute('blockdev-add', top.description, nothing);
      await qmp.execute('blockdev-snapshot', { node: below, overlay: top.name }, nothing);
      this.#nodes.add(top.name);
    }
    const { floppies, cdrom, bootOrder } = this.removable;
    const keyOf = (drive: string, medium: Medium | null): string | null =>
      medium === null ? null : removableKey(drive, medium);
    return {
      removable: {
        floppies: floppies.map((medium, i) => keyOf(`floppy${i}`, medium)),
        cdrom: cdrom === undefined ? undefined : keyOf('cdrom0', cdrom),
        bootOrder,
      },
      layers,
    };
  }

  /** The media that a snapshot needs and this machine has never had. */
  missing({ removable }: FrozenMedia): string[] {
    const here = new Set([...this.#known.keys(), ...this.#present().map(([key]) => key)]);
    return [...removable.floppies, removable.cdrom].filter(
      (key): key is string => typeof key === 'string' && !here.has(key),
    );
  }

  /** Back to what was on the media, and in the drives, for the next process. */
  async revert({ removable, layers }: FrozenMedia): Promise<void> {
    const media = new Map<string, Medium>([
      ...this.#present(),
      ...[...this.#known].map(([key, { medium }]) => [key, medium] as const),
    ]);
    const inDrive = (key: string | null): Medium | null => (key === null ? null : (media.get(key) ?? null));
    for (const [key, medium] of [...this.#present(), ...this.#disks.map((disk, i) => [`disk${i}`, disk] as const)]) {
      this.#meet(key, medium);
    }
    if (this.#variables !== null) this.#meet(VARIABLES, await variablesMedium(this.#variables));
    this.removable = {
      floppies: removable.floppies.map(inDrive),
      cdrom: removable.cdrom === undefined ? undefined : inDrive(removable.cdrom),
      bootOrder: removable.bootOrder,
    };
    for (const [key, known] of this.#known) {
      const frozen = layers.get(key) ?? [];
      if (known.medium.overlay.kind === 'file') {
        const { path } = known.medium.overlay;
        if (frozen.length === 0) continue;
        await putBack(frozen, path);
        known.layers = await layersIn(path);
        known.sealed = false;
        continue;
      }
      known.layers = [...frozen];
      known.sealed = true;
    }
  }

  /** Removes what neither the machine nor a snapshot needs any more. */
  async collect(snapshots: readonly FrozenMedia[]): Promise<void> {
    const needed = [...[...this.#known.values()].map(({ layers }) => layers), ...snapshots.flatMap(layersOf)].flat();
    const kept = new Set(needed.map(({ path }) => path));
    for (const path of this.#own) {
      if (kept.has(path)) continue;
      await rm(path, { force: true });
      this.#own.delete(path);
    }
  }

  #present(): [string, Medium][] {
    const { floppies, cdrom } = this.removable;
    const inDrives = [...floppies.map((medium, i) => [`floppy${i}`, medium] as const), ['cdrom0', cdrom] as const];
    return inDrives.flatMap(([drive, medium]) =>
      medium === null || medium === undefined ? [] : [[removableKey(drive, medium), medium] as [string, Medium]],
    );
  }

  /** Named by its content: what was written to a floppy is there when it is put in again. */
  async #removable(drive: string, medium: Medium): Promise<BlockNode> {
    return await this.#node(removableKey(drive, medium), drive === 'cdrom0' ? 'cdrom' : 'floppy', medium);
  }

  /** Flash memory is a disk to QEMU: what the firmware keeps goes with the disks, through power-offs and snapshots. */
  async #flash(path: string): Promise<BlockNode> {
    return await this.#node(VARIABLES, 'disk', await variablesMedium(path));
  }

  #meet(key: string, medium: Medium): Known {
    const device = key.startsWith('floppy') ? 'floppy' : key.startsWith('cdrom') ? 'cdrom' : 'disk';
    const known = this.#known.get(key) ?? { device, medium, layers: [], sealed: false };
    this.#known.set(key, known);
    return known;
  }

  async #node(key: string, device: Device, medium: Medium): Promise<BlockNode> {
    const known = this.#meet(key, medium);
    const baseFile = join(this.#folder, `${key}.base`);
    if (medium.source.kind === 'bytes' && !this.#bases.has(baseFile)) {
      await writeFile(baseFile, medium.source.bytes);
      this.#bases.add(baseFile);
    }
    if (isWritable(device, medium) && (known.layers.length === 0 || known.sealed)) await this.#unseal(key, known);
    const node = blockNode({ key, device, medium, layers: known.layers, baseFile });
    this.#nodes.add(node.name);
    // A floppy drive waits for its medium where it stands: nothing is to be logged, and QEMU would wait for that for ever.
    return this.#recorded && device !== 'floppy' ? recordedNode(node) : node;
  }

  /** A layer that can be written to. */
  async #unseal(key: string, known: Known): Promise<void> {
    const { device, medium } = known;
    known.sealed = false;
    if (medium.overlay.kind === 'file') {
      known.layers = await layersIn(medium.overlay.path);
      const top = known.layers.at(-1)?.path ?? medium.overlay.path;
      if (!(await isOverlay(top))) await writeFile(top, emptyQcow2(diskSize(device, medium)));
      return;
    }
    const path = join(this.#folder, `${key}.${this.#files++}.qcow2`);
    await writeFile(path, emptyQcow2(diskSize(device, medium)));
    this.#own.add(path);
    known.layers.push({ path });
  }

  /** An overlay of the user's goes on being written: a snapshot has a copy. What is below stays, under another name. */
  async #copiesOf(key: string, layers: readonly Layer[]): Promise<Layer[]> {
    const copies: Layer[] = [];
    for (const [i, { path }] of layers.entries()) {
      const copy = join(this.#folder, `${key}.${this.#files++}.copy`);
      if (i === layers.length - 1) await copyFile(path, copy);
      else await linkOrCopy(path, copy);
      this.#own.add(copy);
      copies.push({ path: copy });
    }
    return copies;
  }
}

/** Whether the same is in the drives, tried in the same order. */
export function sameMedia(one: RemovableMedia, other: RemovableMedia): boolean {
  const words = ({ floppies, cdrom, bootOrder }: RemovableMedia): string =>
    JSON.stringify([
      floppies.map((medium) => medium?.digest ?? null),
      cdrom === undefined ? 'no drive' : (cdrom?.digest ?? null),
      bootOrder,
    ]);
  return words(one) === words(other);
}

async function variablesMedium(path: string): Promise<Medium> {
  const { size } = await stat(path);
  return { source: { kind: 'file', path, size }, digest: 'variables', overlay: { kind: 'memory' } };
}

function layersOf({ layers }: FrozenMedia): (readonly Layer[])[] {
  return [...layers.values()];
}

function removableKey(drive: string, { digest }: Medium): string {
  return `${drive}-${digest.replaceAll(/[^0-9a-z]/gi, '').slice(0, 16)}`;
}

async function layersIn(overlay: string): Promise<Layer[]> {
  const { below, top } = await overlayLayers(overlay);
  return [...below, top].map((path) => ({ path }));
}

/** All at once. Only the last one is written to again. */
async function putBack(copies: readonly Layer[], overlay: string): Promise<void> {
  await replaceLayers(overlay, copies.length, async (index, path) => {
    const copy = copies[index];
    if (copy === undefined) throw new RangeError(`there is no layer ${index}`);
    if (copy.part !== undefined) await copyPart(copy.path, copy.part, path);
    else if (index < copies.length - 1) await linkOrCopy(copy.path, path);
    else await copyFile(copy.path, path);
  });
}

/** Of what is never written to. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async () => await copyFile(from, to));
}

/** Whether there is an overlay to go on with. @throws GuestwrightError `usage/overlay-foreign` */
async function isOverlay(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => null);
  if (there === null) return false;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0);
    if (isQcow2(buffer.subarray(0, bytesRead))) return true;
  } finally {
    await file.close();
  }
  throw foreignOverlay(path);
}
