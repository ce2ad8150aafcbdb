/** What a machine starts with in a browser, from the parts of a run. */
import { BlankBlocks, BytesBlocks } from '../../../sdk/engines/browser.js';
import type { Blocks, BlockSource } from '../../../sdk/engines/blocks.js';
import type { Hardware, Medium, WholeFile } from '../../../sdk/engines/engine.js';
import type { RunHardware, RunMedium } from '../../runs/format.js';
import type { OpenedRun } from './open-run.js';

/** The state knows files by their paths on the machine that it was made on: their bytes are in the run. */
export function blocksOf({ run, files }: OpenedRun, source: BlockSource): Blocks {
  switch (source.kind) {
    case 'bytes':
      return new BytesBlocks(source.bytes);
    case 'blank':
      return new BlankBlocks(source.size);
    case 'file': {
      const digest = run.resume?.paths[source.path];
      const bytes = digest === undefined ? undefined : files[`media/${digest}`];
      if (bytes === undefined) throw new Error('an image that the state needs is not in the run');
      return new BytesBlocks(bytes);
    }
  }
}

export function hardwareOf({ files }: OpenedRun, plain: RunHardware): Hardware {
  const source = ({ digest, size, blank }: RunMedium): BlockSource => {
    if (blank) return { kind: 'blank', size };
    const bytes = files[`media/${digest}`];
    if (bytes?.length !== size) throw new Error('an image of the machine is not in the run');
    return { kind: 'bytes', bytes };
  };
  const whole = (medium: RunMedium): WholeFile => ({ digest: medium.digest, source: source(medium) });
  const medium = (one: RunMedium): Medium => ({ ...whole(one), overlay: { kind: 'memory' } });
  const drive = (one: RunMedium | null): Medium | null => (one === null ? null : medium(one));
  const { disks, floppies, cdrom, kernel, ...rest } = plain;
  return {
    ...rest,
    disks: disks.map(medium),
    floppies: floppies.map(drive),
    cdrom: cdrom === undefined ? undefined : drive(cdrom),
    kernel:
      kernel === null
        ? null
        : {
            kernel: whole(kernel.kernel),
            initrd: kernel.initrd === null ? null : whole(kernel.initrd),
            commandLine: kernel.commandLine,
          },
    clock: 'stepped',
  };
}
