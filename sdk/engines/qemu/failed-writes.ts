/** Writes that QEMU could not carry out: it stops the machine before them (`werror=stop`), and tries again when it goes on. */
import { z } from 'zod';
import type { Stall } from '../stalled.js';
import type { QmpEvent } from './qmp.js';

/** As the C library words `EDQUOT`; QEMU says only of `ENOSPC` itself that there is no room. */
const QUOTA = 'Disk quota exceeded';

const failed = z.object({
  action: z.literal('stop'),
  'node-name': z.string().default(''),
  nospace: z.boolean().default(false),
  reason: z.string().default('an error of the host'),
});

/** Null: the event is about something else, or the guest has been told of the error. */
export function stallOf({ name, data }: QmpEvent): Stall | null {
  const read = name === 'BLOCK_IO_ERROR' ? failed.safeParse(data) : null;
  if (read?.success !== true) return null;
  const { 'node-name': node, nospace, reason } = read.data;
  return { disk: diskOf(node), full: nospace || reason.includes(QUOTA), detail: reason };
}

/** What is said of a machine that QEMU has stopped for an error that it did not tell of. */
export const UNEXPLAINED: Stall = { disk: null, full: false, detail: 'QEMU: io-error' };

/** By the name of its block node (`block-nodes.ts`). */
function diskOf(node: string): number | null {
  const index = /^disk(\d+)\./.exec(node)?.[1];
  return index === undefined ? null : Number(index);
}
