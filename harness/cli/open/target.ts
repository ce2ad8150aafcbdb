/** Finds out what `guestwright open <target>` means. */
import { readFile, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { listImages, parseImageRef, type ImageListing } from '../../../sdk/images/index.js';
import { parseSpec, type MachineSpecInput } from '../../../sdk/machine/spec.js';
import { projectGuests } from './guests.js';

export type MediumKind = 'floppy' | 'cdrom' | 'disk';

type KnownImage = Pick<ImageListing, 'name' | 'parts' | 'machine'>;

export interface TargetOptions {
  /** What an image file is; guessed from its name and size without it. */
  as?: MediumKind;
}

export interface Target {
  name: string;
  spec: MachineSpecInput;
}

/**
 * In this order: a spec file (`.json`), an image of the catalogue with its part, a file, a guest of the project in
 * `folder`, an image of the catalogue without a part.
 * @throws GuestwrightError `usage/target-unknown`, `usage/spec-invalid`, `usage/spec-unreadable`
 */
export async function resolveTarget(target: string, options: TargetOptions, folder: string): Promise<Target> {
  const path = resolve(folder, target);
  const file = await stat(path).catch(() => null);
  if (file?.isFile() === true) {
    if (options.as === undefined && extname(path) === '.json') return { name: target, spec: await readSpec(path) };
    return { name: target, spec: specForMedium(options.as ?? guessMedium(path, file.size), path) };
  }
  const images = await listImages();
  const ref = parseImageRef(target);
  if (ref !== null) {
    const image = images.find(({ name }) => name === ref.image);
    // Of an image that is not in the list, launch() says what is wrong.
    return { name: target, spec: specForPart(image ?? { name: ref.image, parts: [], machine: {} }, ref.part) };
  }
  const guests = await projectGuests(folder);
  const guest = guests.get(target);
  if (guest !== undefined) return { name: target, spec: guest };
  const image = images.find(({ name }) => name === target);
  if (image !== undefined) return { name: target, spec: specForImage(image) };
  throw unknown(target, [...guests.keys()], images);
}

async function readSpec(path: string): Promise<MachineSpecInput> {
  let spec: unknown;
  try {
    spec = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new GuestwrightError(`${path} cannot be read`, {
      kind: 'usage',
      code: 'spec-unreadable',
      expected: 'a machine spec as JSON, for example {"floppy": "grub-rescue:floppy"}',
      seen: error instanceof Error ? error.message : String(error),
    });
  }
  return parseSpec(spec);
}

/** Bytes of the floppy formats that PC drives read: 160 kB to 2.88 MB. */
const FLOPPY_BYTES = [160, 180, 320, 360, 640, 720, 1200, 1440, 1680, 1720, 2880].map((kilobytes) => kilobytes * 1024);

function guessMedium(path: string, size: number): MediumKind {
  if (extname(path).toLowerCase() === '.iso') return 'cdrom';
  return FLOPPY_BYTES.includes(size) ? 'floppy' : 'disk';
}

function specForMedium(kind: MediumKind, ref: string): MachineSpecInput {
  return kind === 'disk' ? { disks: [ref] } : { [kind]: ref };
}

/** Parts are named by what they are to a machine. */
function specForPart({ name, parts, machine }: KnownImage, part: string): MachineSpecInput {
  const ref = `${name}:${part}`;
  if (part === 'netboot') throw startedOverNetwork(ref);
  if (part === 'floppy' || part === 'cdrom') return { ...machine, ...specForMedium(part, ref) };
  if (part !== 'kernel' && part !== 'initrd') return { ...machine, ...specForMedium('disk', ref) };
  return {
    // A Linux kernel with its initramfs does not fit the default.
    memory: 128,
    ...machine,
    kernel: { path: `${name}:kernel`, ...(parts.includes('initrd') ? { initrd: `${name}:initrd` } : {}) },
  };
}

/** The part that needs the least. */
function specForImage(image: KnownImage): MachineSpecInput {
  const { parts } = image;
  const best = ['kernel', 'floppy', 'cdrom'].find((part) => parts.includes(part)) ?? parts[0] ?? 'disk';
  return specForPart(image, best);
}

function startedOverNetwork(ref: string): GuestwrightError {
  return new GuestwrightError(`${ref} is started over the network, not put into a machine`, {
    kind: 'usage',
    code: 'target-unknown',
    seen: `"${ref}"`,
    next: 'copy the file into a folder and name both in a spec: docs/architectures.md, "Starting from the network"',
  });
}

function unknown(target: string, guests: readonly string[], images: readonly ImageListing[]): GuestwrightError {
  const refs = images.flatMap(({ name, parts }) =>
    parts.filter((part) => part !== 'initrd' && part !== 'netboot').map((part) => `${name}:${part}`),
  );
  return new GuestwrightError(`Nothing is called ${target}`, {
    kind: 'usage',
    code: 'target-unknown',
    expected: [
      'a file, or a machine spec (.json)',
      `an image: ${refs.join(', ')}`,
      guests.length === 0 ? 'a guest of this project (it has none)' : `a guest of this project: ${guests.join(', ')}`,
    ].join('\n'),
    seen: `"${target}"`,
    next: 'guestwright open --help',
  });
}
