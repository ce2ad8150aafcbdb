/** Whether a machine fits into the memory that a host gives its machines. */
import { totalmem } from 'node:os';
import { GuestwrightError } from '../../../sdk/errors.js';

const MB = 1 << 20;

/**
 * What a machine's processes take beside the guest's own memory, bytes: with Node 20 and QEMU 7.2 a machine of 72 MB at
 * GRUB's prompt had 339 MB (v86) and 253 MB (QEMU, by translation) in memory. v86 is given a little more for compiled code,
 * QEMU more for its cache of translated code, which grows with what the guest does.
 */
const OVERHEAD: Readonly<Record<'v86' | 'qemu', number>> = { v86: 320 * MB, qemu: 420 * MB };

/** Left to the host itself unless somebody says otherwise: a tenth, but 1 GB at least. */
export function defaultBudget(total = totalmem()): number {
  return Math.max(0, total - Math.max(1024 * MB, Math.floor(total / 10)));
}

/** What a machine is counted with, bytes. */
export function memoryOf({ engine, memoryMb }: { engine: 'v86' | 'qemu'; memoryMb: number }): number {
  return memoryMb * MB + OVERHEAD[engine];
}

/** A machine that counts: it runs, or is being started. */
export interface MemoryUse {
  name: string;
  bytes: number;
}

/**
 * Decides and nothing else: whoever asks counts the machine from then on, before anybody else can ask.
 * @throws GuestwrightError `usage/memory-budget`, with the numbers
 */
export function assertFits(asked: MemoryUse, using: readonly MemoryUse[], budget: number): void {
  const used = using.reduce((sum, { bytes }) => sum + bytes, 0);
  if (used + asked.bytes <= budget) return;
  const names = [...using].sort((a, b) => a.name.localeCompare(b.name));
  const of = using.length === 0 ? 'no machine' : names.map(({ name, bytes }) => `${name} ${inMb(bytes)}`).join(', ');
  throw new GuestwrightError(`${asked.name} does not fit into the memory of this host`, {
    kind: 'usage',
    code: 'memory-budget',
    expected: `${inMb(Math.max(0, budget - used))} at most: machines have ${inMb(budget)} in all`,
    seen: `${inMb(asked.bytes)} with what its engine takes; ${inMb(used)} in use by ${of}`,
    next: 'save or power off another machine, give this one less memory, or start the daemon with a larger --memory',
  });
}

const inMb = (bytes: number): string => `${Math.ceil(bytes / MB)} MB`;

/** `16G`, `512M`, or bytes. @throws GuestwrightError `usage/size-invalid` */
export function parseBytes(text: string, option: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim()) ?? [];
  const factor = { '': 1, K: 1024, M: MB, G: 1024 * MB, T: 1024 * 1024 * MB }[unit.toUpperCase()];
  const bytes = Math.floor(Number(number) * (factor ?? Number.NaN));
  if (number !== '' && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new GuestwrightError(`${option} is no size`, {
    kind: 'usage',
    code: 'size-invalid',
    expected: 'a number with K, M, G or T, such as 16G',
    seen: text,
  });
}
