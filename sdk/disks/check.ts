/** Looks whether an image's own tables hold together, and mends them. What is on the disk in it is the guest's matter. */
import { z } from 'zod';
import { GuestwrightError } from '../errors.js';
import { diskToolFailed } from './disk-errors.js';
import { diskArgument, qemuImg } from './qemu-img.js';
import { formatOf, openImage, recogniseDisk, type DiskFormat, type Recognised } from './recognise.js';
import { checkVhd, repairOf, repairVhd, wordFinding, type Repair } from './vhd/index.js';

export interface DiskCheck {
  format: DiskFormat;
  /** In words, one for each thing that is wrong. None: nothing is. */
  findings: readonly { words: string; repair: Repair }[];
}

/** @throws GuestwrightError `usage/file-missing`, `usage/disk-names-other-files`, `infrastructure/tool-missing`, … */
export async function checkDisk(
  path: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<DiskCheck> {
  if (isVhd(path)) return { format: 'vhd', findings: checkedVhd(path) };
  const seen = lookedAt(path);
  if ('findings' in seen) return seen;
  if (seen.format === 'raw' || seen.format === 'vhd') return { format: seen.format, findings: [] };
  return { format: seen.format, findings: await checkedByTool(seen, [], signal) };
}

/**
 * Mends what can be mended without guessing.
 * @returns what is still wrong
 */
export async function repairDisk(
  path: string,
  { loseData = false, signal }: { loseData?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<DiskCheck> {
  if (isVhd(path)) {
    const storage = openImage(path, path, 'write');
    try {
      repairVhd(storage, { loseData });
      storage.flush();
    } finally {
      storage.close();
    }
    return { format: 'vhd', findings: checkedVhd(path) };
  }
  const seen = lookedAt(path);
  if ('findings' in seen) return seen;
  if (seen.format === 'raw' || seen.format === 'vhd') return { format: seen.format, findings: [] };
  await checkedByTool(seen, ['-r', loseData ? 'all' : 'leaks'], signal);
  return await checkDisk(path, { signal });
}

function isVhd(path: string): boolean {
  const storage = openImage(path);
  try {
    return formatOf(storage) === 'vhd';
  } finally {
    storage.close();
  }
}

function checkedVhd(path: string): DiskCheck['findings'] {
  const storage = openImage(path);
  try {
    return checkVhd(storage).map((finding) => ({ words: wordFinding(finding), repair: repairOf(finding) }));
  } finally {
    storage.close();
  }
}

/** A header that cannot be true is a finding here. */
function lookedAt(path: string): Recognised | DiskCheck {
  try {
    return recogniseDisk(path);
  } catch (error) {
    if (!(error instanceof GuestwrightError) || error.code !== 'disk-damaged') throw error;
    const storage = openImage(path);
    try {
      return { format: formatOf(storage), findings: [{ words: error.failure.seen ?? error.message, repair: 'none' }] };
    } finally {
      storage.close();
    }
  }
}

/** What `qemu-img check --output=json` says; the counts are left out where they are 0. */
const report = z.object({
  'check-errors': z.number().default(0),
  corruptions: z.number().default(0),
  leaks: z.number().default(0),
});

/** Exit codes: 1 it could not check all, 2 damage, 3 leaks, 63 nothing can be checked in this format. */
const ANSWERS = [1, 2, 3, 63];

async function checkedByTool(
  disk: Recognised,
  repair: readonly string[],
  signal: AbortSignal | undefined,
): Promise<DiskCheck['findings']> {
  // What it lies on is another image: it is not needed to check this one.
  const what = `check ${disk.path}`;
  const args = ['check', '--output=json', ...repair, diskArgument([disk])];
  const { stdout, stderr, exitCode } = await qemuImg(args, what, { signal, answers: ANSWERS });
  if (exitCode === 63) return [];
  const parsed = report.safeParse(jsonOf(stdout));
  if (!parsed.success) {
    // It cannot even be opened, which is what was asked.
    if (exitCode === 1 && stderr !== '') return [{ words: lastLine(stderr), repair: 'none' }];
    throw diskToolFailed('qemu-img', what, stderr || stdout, parsed.error);
  }
  const { 'check-errors': errors, corruptions, leaks } = parsed.data;
  return [
    ...(errors > 0 ? [{ words: `${errors} places that could not be checked`, repair: 'none' as const }] : []),
    ...(corruptions > 0
      ? [{ words: `${corruptions} damaged entries of its tables`, repair: 'loses-data' as const }]
      : []),
    ...(leaks > 0 ? [{ words: `${leaks} clusters that nothing uses (harmless)`, repair: 'safe' as const }] : []),
  ];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
