/** Merging the layers of a machine's disks, as a part of a task: with progress, and given up at any moment without harm. */
import { GuestwrightError } from '../../../sdk/errors.js';
import { mergeDisks, type MergeReason } from '../machines/disk-layers.js';
import type { MachineFolder } from '../machines/machine-folder.js';
import type { TaskWork } from './tasks.js';

export interface MergeWork extends TaskWork {
  /** The daemon ends: it is not waited for. */
  leaving: AbortSignal;
}

/**
 * @returns why they were not merged; null: they were
 * @throws GuestwrightError `usage/task-cancelled`: the disks hold what they did
 */
export async function mergeForTask(
  { name, folder }: { name: string; folder: MachineFolder },
  reason: MergeReason,
  { report, cancellable, leaving }: MergeWork,
): Promise<string | null> {
  const given = new AbortController();
  cancellable(() => {
    given.abort();
    return true;
  });
  const signal = AbortSignal.any([given.signal, leaving]);
  try {
    await mergeDisks(folder.disks, reason, {
      signal,
      onProgress: (progress, disk) => report(progress, `merging ${disk}`),
    });
    return null;
  } catch (error) {
    if (signal.aborted) throw mergeCancelled(name);
    // Layers that are not merged are no reason to fail: a later start or commit tries again.
    if (error instanceof GuestwrightError) return error.message;
    throw error;
  } finally {
    cancellable(null);
  }
}

export function wordManyLayers(layers: number): string {
  return (
    `One of its disks is made of ${layers} layers, which are merged when no other machine, and no change that is to be decided ` +
    'on, needs them. A full clone of it has fewer.'
  );
}

function mergeCancelled(name: string): GuestwrightError {
  return new GuestwrightError(`Merging the disks of ${name} was cancelled`, {
    kind: 'usage',
    code: 'task-cancelled',
    seen: 'somebody cancelled the task, or the daemon was told to end; the disks hold what they did, in more layers',
  });
}
