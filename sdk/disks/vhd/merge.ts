/** Commits a differencing disk into its parent. */
import { eachPiece, type CopyOptions } from './pieces.js';
import type { VhdDisk } from './disk.js';
import { parentWrong } from './errors.js';

/** Bytes that are read at once. */
const CHUNK = 1 << 20;

/**
 * Writes what the child itself holds into its parent, and flushes it. The child is left as it is, and reads the same at any
 * time, so after a kill or an abort the merge is made again; the child is then to be opened with `acceptChangedParent`.
 * Other children of this parent are spoilt: they read what is the child's now.
 * @param child opened, with any opened copy of its parent @param parent its parent, opened for writing
 * @throws GuestwrightError `usage/disk-parent-wrong`, `usage/disk-read-only`; the signal's reason
 */
export async function mergeVhd(child: VhdDisk, parent: VhdDisk, options: CopyOptions = {}): Promise<void> {
  const wanted = child.info.parent;
  if (wanted === null) throw parentWrong(child.name, 'a differencing disk', `a ${child.info.type} disk`);
  if (wanted.id !== parent.id) throw parentWrong(child.name, `a disk with the id ${wanted.id}`, `the id ${parent.id}`);
  if (parent.size !== child.size)
    throw parentWrong(child.name, `a disk of ${child.size} bytes`, `${parent.size} bytes`);
  await eachPiece(
    () => child.extents(),
    CHUNK,
    options,
    ({ offset, length }) => {
      parent.write(offset, child.read(offset, length));
    },
  );
  parent.flush();
}
