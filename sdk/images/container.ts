/**
 * One file that holds an image: gzip over a line that says what it is, a line of JSON (names, sizes, digests), and
 * the parts' bytes one after the other. It comes from outside, so nothing in it is believed: names are checked before
 * they become paths, no part may be longer than it says, and every digest is computed.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { GuestwrightError } from '../errors.js';
import { imageName, lockEntry, type LockEntry } from './lock.js';

const MAGIC = 'guestwright image 1\n';
/** The description of an image is small; something longer is none. */
const MAX_HEADER_BYTES = 1 << 20;
const MAX_PARTS = 64;

const header = z.strictObject({
  name: imageName,
  /** The parts in the order in which their bytes follow. */
  order: z.array(z.string()).min(1).max(MAX_PARTS),
  entry: lockEntry,
});

export interface ImageHeader {
  name: string;
  entry: LockEntry;
}

/** Writes an image's parts, which lie in `folder`, into one file. Equal images give equal files. */
export async function writeContainer(file: string, { name, entry }: ImageHeader, folder: string): Promise<void> {
  const order = Object.keys(entry.parts).sort();
  async function* content() {
    yield Buffer.from(`${MAGIC}${JSON.stringify({ name, order, entry })}\n`);
    for (const part of order) yield* createReadStream(join(folder, part)) as AsyncIterable<Buffer>;
  }
  await pipeline(Readable.from(content()), createGzip(), createWriteStream(file, { flags: 'wx' }));
}

/** Whether a file is an exported image: gzip, and the first line is ours. */
export async function isContainer(file: string): Promise<boolean> {
  const reader = new ChunkReader(file);
  try {
    return (await reader.take(MAGIC.length)).toString('latin1') === MAGIC;
  } catch {
    // No gzip, or too short.
    return false;
  } finally {
    await reader.close();
  }
}

/** Reads only what the file says of itself. */
export async function readContainerHeader(file: string): Promise<ImageHeader> {
  const reader = new ChunkReader(file);
  try {
    return await readHeader(file, reader);
  } finally {
    await reader.close();
  }
}

/**
 * Unpacks the parts into an empty folder, checking each against its size and digest.
 *
 * @throws GuestwrightError `usage/image-file-invalid`
 */
export async function readContainer(file: string, folder: string): Promise<void> {
  const reader = new ChunkReader(file);
  try {
    const { order, entry } = await readHeader(file, reader);
    for (const part of order) {
      const expected = entry.parts[part];
      if (expected === undefined) throw invalid(file, 'every part described', `no description of ${part}`);
      const seen = await copyPart(file, reader, join(folder, part), expected.size);
      if (seen !== expected.sha256) throw invalid(file, `${part} with SHA-256 ${expected.sha256}`, seen);
    }
    if ((await reader.chunk()) !== null) throw invalid(file, 'nothing after the last part', 'more bytes');
  } catch (error) {
    if (error instanceof GuestwrightError) throw error;
    throw invalid(file, 'a whole gzip file', error instanceof Error ? error.message : String(error), error);
  } finally {
    await reader.close();
  }
}

async function readHeader(file: string, reader: ChunkReader): Promise<z.infer<typeof header>> {
  try {
    const magic = await reader.take(MAGIC.length);
    if (magic.toString('latin1') !== MAGIC) throw new RangeError('another first line');
    const parsed = header.safeParse(JSON.parse((await reader.line(MAX_HEADER_BYTES)).toString('utf8')));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new RangeError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
    }
    const { order, entry } = parsed.data;
    const described = Object.keys(entry.parts).sort().join(' ');
    if ([...order].sort().join(' ') !== described) throw new RangeError('the parts and their descriptions differ');
    return parsed.data;
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error);
    throw invalid(file, 'an image exported by `guestwright images export`', seen, error);
  }
}

async function copyPart(file: string, reader: ChunkReader, target: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  let handle: FileHandle | null = null;
  try {
    handle = await open(target, 'wx');
    for (let left = size; left > 0;) {
      const chunk = await reader.chunk(left);
      if (chunk === null) throw invalid(file, `${size} bytes in a part`, `the file ends ${left} bytes early`);
      hash.update(chunk);
      await handle.writeFile(chunk);
      left -= chunk.length;
    }
    return hash.digest('hex');
  } finally {
    await handle?.close();
  }
}

/** Gives out a gzip file's content in pieces of the wanted size, holding no more than one chunk of it. */
class ChunkReader {
  private readonly source;
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.source = createReadStream(file);
    const gunzip = createGunzip();
    this.source.on('error', (error) => gunzip.destroy(error));
    this.source.pipe(gunzip);
    this.chunks = (gunzip as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** At most `most` bytes, at least one; null at the end. */
  async chunk(most = Infinity): Promise<Buffer | null> {
    while (this.rest.length === 0) {
      const next = await this.chunks.next();
      if (next.done === true) return null;
      this.rest = next.value;
    }
    const taken = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(taken.length);
    return taken;
  }

  async take(length: number): Promise<Buffer> {
    const taken: Buffer[] = [];
    for (let left = length; left > 0;) {
      const chunk = await this.chunk(left);
      if (chunk === null) throw new RangeError('the file ends early');
      taken.push(chunk);
      left -= chunk.length;
    }
    return Buffer.concat(taken);
  }

  /** Up to the next line feed, which is taken but not returned. */
  async line(most: number): Promise<Buffer> {
    const taken: Buffer[] = [];
    for (let length = 0; length <= most;) {
      const chunk = await this.chunk();
      if (chunk === null) throw new RangeError('the file ends early');
      const end = chunk.indexOf(10);
      if (end >= 0) {
        this.rest = Buffer.concat([chunk.subarray(end + 1), this.rest]);
        return Buffer.concat([...taken, chunk.subarray(0, end)]);
      }
      taken.push(chunk);
      length += chunk.length;
    }
    throw new RangeError('the description is too long');
  }

  async close(): Promise<void> {
    this.source.destroy();
    await this.chunks.return?.();
  }
}

function invalid(file: string, expected: string, seen: string, cause?: unknown): GuestwrightError {
  return new GuestwrightError(
    `${file} is no sound image file`,
    {
      kind: 'usage',
      code: 'image-file-invalid',
      expected,
      seen,
      next: 'Copy or export the file again. Nothing was imported.',
    },
    { cause },
  );
}
