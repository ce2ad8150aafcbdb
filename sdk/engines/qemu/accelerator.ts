/**
 * Which accelerator a machine gets. An accelerator that is there may still not work (a nested `/dev/kvm` that opens, makes
 * a machine and then fails at its first unusual instruction), so each is tried by booting something small. The verdict is
 * kept for the host.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import type { AcceleratorChoice, Architecture } from '../engine.js';
import { EXIT_CODE, EXIT_PORT, trialGuest } from './accelerator-guest.js';
import type { Installation } from './installation.js';
import { remembered } from './remembered.js';

export type Accelerator = Exclude<AcceleratorChoice, 'auto'>;

/** Wall ms for one trial boot: a guard. It takes a third of a second on an idle host. */
const TRIAL_MS = 120_000;

const verdictShape = z.object({ works: z.boolean(), reason: z.string(), unclear: z.boolean().optional() });
/** Whether an accelerator works here and, in words, what was seen. */
export type Verdict = z.output<typeof verdictShape>;

export interface Choice {
  accelerator: Accelerator;
  /** One line: what is used, and why not what would be faster. */
  reason: string;
}

const CANDIDATES: Partial<Record<NodeJS.Platform, readonly Accelerator[]>> = {
  linux: ['kvm', 'tcg'],
  darwin: ['hvf', 'tcg'],
  win32: ['whpx', 'tcg'],
};

/** Says of one accelerator whether it works. */
export type TryOut = (accelerator: Accelerator) => Promise<Verdict>;

/**
 * The fastest that works.
 * @throws GuestwrightError `infrastructure/accelerator-unusable` when the wanted one does not, or none
 */
export async function chooseAccelerator(wanted: AcceleratorChoice, tryOut: TryOut): Promise<Choice> {
  const candidates = wanted === 'auto' ? (CANDIDATES[process.platform] ?? (['tcg'] as const)) : [wanted];
  const refused: string[] = [];
  for (const accelerator of candidates) {
    const { works, reason } = await tryOut(accelerator);
    if (works) return { accelerator, reason: [`${accelerator}: ${reason}`, ...refused].join('; ') };
    refused.push(`not ${accelerator}: ${reason}`);
  }
  throw new GuestwrightError(
    wanted === 'auto' ? 'No accelerator of QEMU works here' : `QEMU's accelerator ${wanted} does not work here`,
    {
      kind: 'infrastructure',
      code: 'accelerator-unusable',
      expected: `a trial guest that runs with ${candidates.join(' or ')}`,
      seen: refused.join('\n'),
      next:
        wanted === 'auto'
          ? 'install a QEMU with TCG, which needs nothing of the host'
          : "repair it, or let the machine take what works: accelerator: 'auto'",
    },
  );
}

/** @param options.again tries once more what is remembered not to work */
export function trialsOn(installation: Installation, options: { again?: boolean } = {}): TryOut {
  return async (accelerator) => {
    const { architecture, version, stamp, accelerators } = installation;
    const foreign = foreignReason(architecture, accelerator);
    if (foreign !== null) return foreign;
    if (!accelerators.includes(accelerator)) {
      return { works: false, reason: `QEMU ${version} was built without it` };
    }
    const device = accelerator === 'kvm' ? await kvmDevice() : null;
    if (device !== null && 'reason' in device) return { works: false, reason: device.reason };
    const guest = createHash('sha256').update(trialGuest()).digest('hex');
    const host = [process.arch, release(), device?.identity ?? ''];
    const key = ['accelerator', accelerator, stamp, guest, ...trialArguments(installation, accelerator, ''), ...host];
    return await remembered({
      key,
      shape: verdictShape,
      findOut: async () => await trial(accelerator, installation),
      holds: ({ works }) => works || options.again !== true,
      // A host that is too busy for the trial says nothing about the accelerator.
      keep: ({ unclear }) => unclear !== true,
    });
  };
}

/** The trial guest is a PC's: on another processor only translation is sure to work. Null: it is to be tried. */
function foreignReason(architecture: Architecture, accelerator: Accelerator): Verdict | null {
  const isPc = architecture === 'x86_64' || architecture === 'i386';
  if (accelerator !== 'tcg') {
    const here = architecture === HOSTS[process.arch] || (isPc && process.arch === 'x64');
    if (!here) return { works: false, reason: `this host's processor (${process.arch}) is no ${architecture}` };
    return isPc ? null : { works: false, reason: `there is no trial guest for ${architecture} yet` };
  }
  return isPc ? null : { works: true, reason: `translates ${architecture}` };
}

const HOSTS: Readonly<Record<string, Architecture>> = { x64: 'x86_64', arm64: 'aarch64', riscv64: 'riscv64' };

/** What is wrong with `/dev/kvm`, or what tells this one from another. */
async function kvmDevice(): Promise<{ identity: string } | { reason: string }> {
  const device = '/dev/kvm';
  try {
    const { ino, rdev, ctimeMs } = await stat(device);
    await access(device, constants.R_OK | constants.W_OK);
    return { identity: `${ino} ${rdev} ${ctimeMs} ${process.getuid?.() ?? ''}` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { reason: `there is no ${device}` };
    return { reason: `${device} may not be opened by this user (${code ?? String(error)}); the group kvm may` };
  }
}

function trialArguments({ boards }: Installation, accelerator: Accelerator, floppy: string): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none', '-no-reboot', '-m', '16'],
    ...['-machine', boards['pc'] ?? 'pc', '-accel', accelerator, '-cpu', 'max'],
    ...[
      '-blockdev',
      JSON.stringify({ driver: 'raw', 'node-name': 'floppy', 'read-only': true, file: fileNode(floppy) }),
    ],
    ...['-device', 'floppy,drive=floppy', '-boot', 'order=a'],
    ...['-device', `isa-debug-exit,iobase=${EXIT_PORT},iosize=1`],
  ];
}

function fileNode(filename: string): Record<string, unknown> {
  return { driver: 'file', filename, 'read-only': true };
}

/** Boots the trial guest, which ends QEMU with an exit code of its own. */
async function trial(accelerator: Accelerator, installation: Installation): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-trial-'));
  try {
    const floppy = join(folder, 'floppy');
    await writeFile(floppy, trialGuest());
    const args = trialArguments(installation, accelerator, floppy);
    const { execa } = await import('execa');
    const running = execa(installation.program, args, { reject: false, timeout: TRIAL_MS, killSignal: 'SIGKILL' });
    // A virtual processor that could not go on stops there, and QEMU waits for somebody to look.
    running.stderr.on('data', (said: Buffer) => {
      if (String(said).includes('internal error')) running.kill();
    });
    const { exitCode, stderr, timedOut } = await running;
    if (exitCode === EXIT_CODE) return { works: true, reason: 'a trial guest ran' };
    if (timedOut) {
      return { works: false, unclear: true, reason: `a trial guest did not come to its end in ${TRIAL_MS} ms` };
    }
    const said = stderr.trim().split('\n').slice(0, 2).join(' ');
    return { works: false, reason: `a trial guest failed: ${said === '' ? `exit code ${exitCode ?? '?'}` : said}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
