/**
 * Runs `qemu-img` (Debian package qemu-utils), for the formats that are not ours. It is told which format an image has and
 * what lies below it, as a JSON description: it never finds out by itself, and opens nothing else.
 */
import { execa, ExecaError } from 'execa';
import { findOnPath } from '../find-on-path.js';
import { diskToolFailed, diskToolMissing } from './disk-errors.js';
import type { Recognised } from './recognise.js';

export interface QemuImgOptions {
  /** Ends it. What it was writing is its caller's to remove. */
  signal?: AbortSignal | undefined;
  /** 0 to 100. Only of commands that are given `-p`. */
  onPercent?: ((percent: number) => void) | undefined;
  /** Exit codes besides 0 that are answers. */
  answers?: readonly number[];
  /** Also when this process is killed: nobody is left to keep others from what it writes to. */
  endsWithUs?: boolean;
}

/**
 * @param what what it is to do, for messages: `convert a.qcow2`
 * @throws GuestwrightError `infrastructure/tool-missing`, `infrastructure/tool-failed`; what the signal was aborted with
 */
export async function qemuImg(
  args: readonly string[],
  what: string,
  { signal, onPercent, answers = [], endsWithUs = false }: QemuImgOptions = {},
): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  signal?.throwIfAborted();
  try {
    const [program, ...before] = endsWithUs ? await boundToUs() : ['qemu-img'];
    const running = execa(program, [...before, ...args], {
      env: { LC_ALL: 'C' },
      stdin: 'ignore',
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    if (onPercent !== undefined) running.stdout.on('data', (said: Buffer) => report(said.toString(), onPercent));
    const { stdout, stderr, exitCode } = await running;
    return { stdout, stderr, exitCode: exitCode ?? 0 };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    if (error.code === 'ENOENT') throw diskToolMissing('qemu-img', 'qemu-utils');
    const { exitCode } = error;
    const stdout = String(error.stdout);
    const stderr = String(error.stderr);
    if (exitCode !== undefined && answers.includes(exitCode)) return { stdout, stderr, exitCode };
    throw diskToolFailed('qemu-img', what, stderr.trim() || error.shortMessage, error);
  }
}

/** Where there is no such tool, the image's own lock keeps others off until it has ended. */
async function boundToUs(): Promise<[string, ...string[]]> {
  const tool = await findOnPath('qemu-img');
  if (tool === null || (await findOnPath('setpriv')) === null) return ['qemu-img'];
  return ['setpriv', '--pdeathsig', 'KILL', tool];
}

/** `    (12.34/100%)`, again and again, with carriage returns between. */
function report(said: string, onPercent: (percent: number) => void): void {
  const last = [...said.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)].at(-1)?.[1];
  if (last !== undefined) onPercent(Number(last));
}

/** QEMU's names of the formats. */
export const DRIVERS = { raw: 'raw', vhd: 'vpc', vhdx: 'vhdx', qcow2: 'qcow2', vmdk: 'vmdk' } as const;

/** A disk as a block node: the first of `links` lies on the second, and so on; what an image itself names is not opened. */
export function diskNode(links: readonly Recognised[]): Record<string, unknown> {
  const [top, ...below] = links;
  if (top === undefined) throw new TypeError('a disk is made of one image at least');
  const file = { driver: 'file', filename: top.path };
  switch (top.format) {
    case 'raw':
      return { driver: 'raw', file };
    case 'vhd':
      // QEMU reads the sizes of some of them otherwise, and what is in a differencing one wrongly.
      if (top.vhd.type !== 'fixed') throw new TypeError('QEMU is not given this VHD');
      return { driver: 'raw', offset: 0, size: top.size, file };
    case 'vhdx':
    case 'vmdk':
      return { driver: DRIVERS[top.format], file };
    case 'qcow2':
      return { driver: 'qcow2', file, backing: below.length === 0 ? null : diskNode(below) };
  }
}

/** As an argument of `qemu-img`: no name of a file is ever read as options or as a protocol. */
export function diskArgument(links: readonly Recognised[]): string {
  return `json:${JSON.stringify(diskNode(links))}`;
}
