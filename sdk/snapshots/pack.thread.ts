/** The thread that packs and unpacks: hashing and compressing 50 MB takes a good half of a second. */
import { answerJobs } from '../job-thread.js';
import { PackDamaged } from './pack.js';
import { packFiles, unpackFile, type Packed, type PackJob, type UnpackJob } from './pack-files.js';

export type StoreJob = PackJob | UnpackJob;
/** Errors of classes of our own lose what they are on their way between threads. */
export type StoreAnswer =
  | { outcome: 'packed'; packed: Packed }
  | { outcome: 'unpacked' }
  | { outcome: 'damaged'; path: string; what: string }
  | { outcome: 'failed'; code: string | null; message: string };

answerJobs((job: StoreJob): StoreAnswer => {
  try {
    if (job.kind === 'pack') return { outcome: 'packed', packed: packFiles(job) };
    unpackFile(job);
    return { outcome: 'unpacked' };
  } catch (error) {
    if (error instanceof PackDamaged) return { outcome: 'damaged', path: error.path, what: error.what };
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    return { outcome: 'failed', code, message: error instanceof Error ? error.message : String(error) };
  }
});
