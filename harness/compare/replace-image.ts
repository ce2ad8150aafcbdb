/** Decides where an image goes in a machine: `guestwright compare` puts one of two in the place of the scenario's own. */
import { GuestwrightError } from '../../sdk/errors.js';
import { parseSpec, type MachineSpecInput } from '../../sdk/machine/spec.js';
import { IMAGE_DRIVES, type ImageDrive } from './image-drives.js';

export type Replacement =
  | { kind: 'replaced'; spec: MachineSpecInput }
  /** The machine has no image there: it is left as it is. */
  | { kind: 'none' }
  /** It could go to any of these. */
  | { kind: 'ambiguous'; drives: ImageDrive[] };

/**
 * A file goes where the machine has its only image, or to `drive`.
 * @param ref as a spec has it: a path, or `image:part`
 */
export function replaceFile(input: MachineSpecInput, ref: string, drive: ImageDrive | null): Replacement {
  const spec = parseSpec(input);
  const drives = IMAGE_DRIVES.filter((one) => imageIn(spec, one) !== null);
  const wanted = drive === null ? drives : drives.filter((one) => one === drive);
  const [only, another] = wanted;
  if (only === undefined) return { kind: 'none' };
  if (another !== undefined) return { kind: 'ambiguous', drives: wanted };
  return { kind: 'replaced', spec: { ...input, ...withImage(spec, only, ref) } };
}

/**
 * The part of a catalogue's image that goes to a drive: the one of that name; to a disk its only one besides.
 * @throws GuestwrightError `usage/compare-no-part`
 */
export function partFor({ name, parts }: { name: string; parts: readonly string[] }, drive: ImageDrive): string {
  const isDisk = drive.startsWith('disk');
  const fitting = parts.filter((part) => (isDisk ? !NO_DISKS.has(part) : part === drive));
  const [part, another] = fitting;
  if (part !== undefined && another === undefined) return part;
  throw new GuestwrightError(`It is not clear what of ${name} goes to ${drive}`, {
    kind: 'usage',
    code: 'compare-no-part',
    expected: isDisk ? 'an image with one disk' : `an image with a part "${drive}"`,
    seen: `its parts: ${parts.join(', ')}`,
    next: `name one of them: ${name}:${parts[0] ?? 'disk'}`,
  });
}

/** Parts of images that go to other drives than disks. */
const NO_DISKS: ReadonlySet<string> = new Set(['floppy', 'cdrom', 'kernel', 'initrd']);

/** An image of the catalogue replaces the media that it has itself. @param own the spec of a machine that boots it */
export function replaceCatalogueImage(input: MachineSpecInput, own: MachineSpecInput): Replacement {
  const spec = parseSpec(input);
  const [disk, ...others] = spec.disks;
  const replaced: MachineSpecInput = {
    ...(own.floppy != null && spec.floppy != null ? { floppy: own.floppy } : {}),
    ...(own.cdrom != null && spec.cdrom != null ? { cdrom: own.cdrom } : {}),
    ...(own.kernel !== undefined && spec.kernel !== undefined
      ? {
          kernel: {
            ...own.kernel,
            ...(spec.kernel.commandLine === undefined ? {} : { commandLine: spec.kernel.commandLine }),
          },
        }
      : {}),
    ...(own.disks?.[0] !== undefined && disk !== undefined && 'path' in disk
      ? { disks: [own.disks[0], ...others] }
      : {}),
  };
  return Object.keys(replaced).length === 0 ? { kind: 'none' } : { kind: 'replaced', spec: { ...input, ...replaced } };
}

type Spec = ReturnType<typeof parseSpec>;

function imageIn({ floppy, cdrom, disks, kernel }: Spec, drive: ImageDrive): string | null {
  switch (drive) {
    case 'floppy':
      return floppy ?? null;
    case 'cdrom':
      return cdrom ?? null;
    case 'kernel':
      return kernel?.path ?? null;
    case 'initrd':
      return kernel?.initrd ?? null;
    default: {
      const disk = disks[Number(drive.slice('disk'.length))];
      return disk !== undefined && 'path' in disk ? disk.path : null;
    }
  }
}

function withImage({ disks, kernel }: Spec, drive: ImageDrive, ref: string): MachineSpecInput {
  switch (drive) {
    case 'floppy':
      return { floppy: ref };
    case 'cdrom':
      return { cdrom: ref };
    case 'kernel':
      return { kernel: { ...kernel, path: ref } };
    case 'initrd':
      return kernel === undefined ? {} : { kernel: { ...kernel, initrd: ref } };
    default: {
      const index = Number(drive.slice('disk'.length));
      return { disks: disks.map((disk, i) => (i === index ? { ...disk, path: ref } : disk)) };
    }
  }
}
