/** A conversation at the beginning of a stream, before what follows goes its own way. */
import type { Readable } from 'node:stream';
import { ReadBytes, type Reading } from './reading.js';

/**
 * Reads a stream up to the end of a conversation; what follows stays in the stream, which stands still then.
 * @returns whether it came to its end; false: the stream ended before
 * @throws what the reading throws
 */
export async function converse(stream: Readable, reading: Reading): Promise<boolean> {
  const bytes = new ReadBytes(reading);
  return await new Promise((resolve, reject) => {
    const stop = (): void => {
      stream.pause();
      stream.off('data', take).off('end', ended).off('close', ended);
      if (bytes.rest.length > 0) stream.unshift(bytes.rest);
    };
    const take = (chunk: Buffer): void => {
      try {
        bytes.push(chunk);
      } catch (error) {
        stop();
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      if (!bytes.isDone) return;
      stop();
      resolve(true);
    };
    const ended = (): void => {
      stop();
      resolve(false);
    };
    stream.on('data', take).on('end', ended).on('close', ended);
    // A stream that was told to stand still does, whoever listens.
    stream.resume();
  });
}
