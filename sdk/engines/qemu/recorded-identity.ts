/** What a recording has to be replayed with: the same QEMU, and the same hardware with the same media in it. */
import { createHash } from 'node:crypto';
import { GuestwrightError } from '../../errors.js';
import type { Hardware, Medium } from '../engine.js';
import type { Installation } from './installation.js';

export function programOf({ version }: Pick<Installation, 'version'>): string {
  return `QEMU ${version}`;
}

/**
 * SHA-256 hex. Other than a saved state's identity it is the same on every host: files go in by their digests. Of the
 * network it holds the guest's card alone, as what came from outside is in the log.
 */
export function recordedIdentity(
  hardware: Hardware,
  { version, boards }: Pick<Installation, 'version' | 'boards'>,
): string {
  const digest = (medium: Pick<Medium, 'digest'> | null | undefined): string | null => medium?.digest ?? null;
  const { kernel, disks, floppies, cdrom, network, ...rest } = hardware;
  const parts = {
    version,
    boards,
    ...rest,
    accelerator: null,
    network: network?.device ?? null,
    disks: disks.map(({ bus = 'ide', ...disk }) => [bus, digest(disk)]),
    floppies: floppies.map(digest),
    cdrom: cdrom === undefined ? 'none' : digest(cdrom),
    kernel: kernel === null ? null : [digest(kernel.kernel), digest(kernel.initrd), kernel.commandLine],
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** @throws GuestwrightError `usage/replay-other-program`, `usage/replay-other-machine` */
export function assertSame(
  recorded: { program: string; identity: string },
  here: { program: string; identity: string },
): void {
  if (recorded.program !== here.program) {
    throw new GuestwrightError('The recording was made by another version of QEMU', {
      kind: 'usage',
      code: 'replay-other-program',
      expected: recorded.program,
      seen: here.program,
      next: 'replay it where that version is installed: a log is only followed by the QEMU that wrote it',
    });
  }
  if (recorded.identity === here.identity) return;
  throw new GuestwrightError('The recording was made with other hardware, or with other media', {
    kind: 'usage',
    code: 'replay-other-machine',
    expected: `the machine ${recorded.identity.slice(0, 16)}`,
    seen: `the machine ${here.identity.slice(0, 16)}: a file or an image that its spec names has changed since`,
    next: 'put back the files as they were when it was recorded (images of the catalogue: that version of them)',
  });
}
