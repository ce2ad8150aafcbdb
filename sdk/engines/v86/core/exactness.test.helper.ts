/** Runs one exactness job in a worker of its own, as a machine runs. */
import { Worker } from 'node:worker_threads';
import { resolveFileRef } from '../../../images/index.js';
import { findFirmware } from '../firmware.js';
import type { How, Job, JobInput, Outcome } from './exactness.test.worker.js';

/** Heap that the engine reserves at its start, bytes; with 0 its memory grows while the guest runs. */
export const RESERVED = 32 << 20;

export async function perform(job: Job): Promise<Outcome> {
  const input: JobInput = { job, firmware: await findFirmware() };
  const worker = new Worker(new URL('./exactness.test.worker.js', import.meta.url), { workerData: input });
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  } finally {
    await worker.terminate();
  }
}

/** Boots Debian's kernel with busybox for 2.9 guest seconds. */
export async function bootLinux(how: How, heapReserve: number): Promise<Outcome> {
  const kernel = await resolveFileRef('linux-busybox:kernel');
  const initrd = await resolveFileRef('linux-busybox:initrd');
  const guest = { kernel: kernel.path, initrd: initrd.path, commandLine: kernel.commandLine ?? '' };
  return await perform({ kind: 'run', how, guest, until: 2_900, heapReserve });
}
