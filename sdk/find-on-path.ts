import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The program of this name that the shell would run; null: there is none. */
export async function findOnPath(tool: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, tool);
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return null;
}
