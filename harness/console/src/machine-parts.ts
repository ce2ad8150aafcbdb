/** What a machine starts with in a browser, from the parts of a run. */
import { BlankBlocks, BytesBlocks } from '../../../sdk/engines/browser.js';
import type { Blocks, BlockSource } from '../../../sdk/engines/blocks.js';
import type { Hardware, Medium, WholeFile } from '../../../sdk/engines/engine.js';
import type { RunFile, RunHardware, RunMedium } from '../../runs/format.js';
import type { OpenedRun } from './open-run.js';
import { cannotResume, imageMissing } from './page-errors.js';

export interface MachineParts {
  resume: NonNullable<RunFile['resume']>;
  state: Uint8Array<ArrayBuffer>;
  bios: Uint8Array<ArrayBuffer>;
  vgaBios: Uint8Array<ArrayBuffer>;
  /** By their digests. */
  media: Map<string, Uint8Array<ArrayBuffer>>;
}

/** Unpacks them. @throws GuestwrightError: see `page-errors.ts` */
export async function readParts({ run, archive }: OpenedRun): Promise<MachineParts> {
  if (run.resume === null) throw cannotResume(run.why ?? 'it has no state');
  const needed = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await archive.read(name);
    if (bytes === null) throw cannotResume(`the file has no part "${name}"`);
    return bytes;
  };
  const [bios, vgaBios] = [await needed('bios'), await needed('vgabios')];
  const media = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const digest of [...mediaOf(run.resume.hardware), ...Object.values(run.resume.paths)]) {
    if (media.has(digest)) continue;
    const bytes = await archive.read(`media/${digest}`);
    // Who needs one that is not there says so.
    if (bytes !== null) media.set(digest, bytes);
  }
  return { resume: run.resume, state: await needed('state'), bios, vgaBios, media };
}

/** Digests of all that is not blank. */
function mediaOf({ disks, floppies, cdrom, kernel }: RunHardware): string[] {
  const all = [...disks, ...floppies, cdrom, kernel?.kernel, kernel?.initrd];
  return all.flatMap((medium) => (medium === null || medium === undefined || medium.blank ? [] : [medium.digest]));
}

/** The state knows files by their paths on the machine that it was made on: their bytes are in the run. */
export function blocksOf({ resume, media }: MachineParts, source: BlockSource): Blocks {
  switch (source.kind) {
    case 'bytes':
      return new BytesBlocks(source.bytes);
    case 'blank':
      return new BlankBlocks(source.size);
    case 'file':
    case 'vhd': {
      // A disk is in the run by its bytes, whatever the format of its image is.
      const digest = resume.paths[source.kind === 'file' ? source.path : source.paths[0]];
      const bytes = digest === undefined ? undefined : media.get(digest);
      if (bytes === undefined) throw imageMissing('a medium that its state knows', digest);
      return new BytesBlocks(bytes);
    }
  }
}

export function hardwareOf({ resume, media }: MachineParts): Hardware {
  const source = ({ digest, size, blank }: RunMedium, what: string): BlockSource => {
    if (blank) return { kind: 'blank', size };
    const bytes = media.get(digest);
    if (bytes?.length !== size) throw imageMissing(what, digest);
    return { kind: 'bytes', bytes };
  };
  const whole = (medium: RunMedium, what: string): WholeFile => ({
    digest: medium.digest,
    source: source(medium, what),
  });
  const medium = (one: RunMedium, what: string): Medium => ({ ...whole(one, what), overlay: { kind: 'memory' } });
  const drive = (one: RunMedium | null, what: string): Medium | null => (one === null ? null : medium(one, what));
  const { disks, floppies, cdrom, kernel, ...rest } = resume.hardware;
  return {
    ...rest,
    disks: disks.map((disk, i) => medium(disk, `disk ${i}`)),
    floppies: floppies.map((floppy, i) => drive(floppy, `floppy ${i}`)),
    cdrom: cdrom === undefined ? undefined : drive(cdrom, 'the CD'),
    kernel:
      kernel === null
        ? null
        : {
            kernel: whole(kernel.kernel, 'the kernel'),
            initrd: kernel.initrd === null ? null : whole(kernel.initrd, 'the initrd'),
            commandLine: kernel.commandLine,
          },
    clock: 'stepped',
  };
}
