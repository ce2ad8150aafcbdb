/** Files of a zip, by another reader than what wrote it. */
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';

export async function zipFiles(path: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const zip = await openPromise(path);
  for await (const entry of zip.eachEntry()) {
    files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return files;
}
