/** The Node side of a machine's worker: message port, files, and where v86 comes from. Everything else is in `../core`. */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parentPort } from 'node:worker_threads';
import { openVhdFiles } from '../../../disks/open-disk.js';
import { GuestwrightError } from '../../../errors.js';
import { isFull } from '../../../snapshots/failures.js';
import type { Blocks, BlockSource } from '../../blocks.js';
import type { Request } from '../core/protocol.js';
import { Session } from '../core/session.js';
import type { V86Constructor } from '../core/v86-internals.js';
import { BlankBlocks, BytesBlocks } from '../core/bytes-blocks.js';
import { decodeOverlay, encodeOverlay } from './overlay-file.js';
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.js';

const port = parentPort;
if (port === null) throw new Error('this module runs as a worker');

/** A raw file, read where it is. */
class FileBlocks implements Blocks {
  readonly size: number;
  readonly #file: number;
  readonly #close = (): void => closeSync(this.#file);

  constructor(file: string, size: number) {
    this.size = size;
    this.#file = openSync(file, 'r');
    process.once('exit', this.#close);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const read = readSync(this.#file, bytes, 0, length, offset);
    if (read !== length) throw new Error(`the image ends at ${offset + read}: it has changed under the machine`);
    return bytes;
  }

  write(): never {
    throw new Error('a base is never written');
  }

  flush(): void {
    // Nothing was written.
  }

  close(): void {
    process.off('exit', this.#close);
    this.#close();
  }
}

function openBlocks(source: BlockSource): Blocks {
  switch (source.kind) {
    case 'file':
      return new FileBlocks(source.path, source.size);
    case 'vhd':
      return closedAtExit(openVhdFiles(source.paths));
    case 'bytes':
      return new BytesBlocks(source.bytes);
    case 'blank':
      return new BlankBlocks(source.size);
  }
}

/** A worker's files stay open when it ends. */
function closedAtExit(blocks: Blocks): Blocks {
  const close = (): void => blocks.close?.();
  process.once('exit', close);
  return {
    size: blocks.size,
    read: (offset, length) => blocks.read(offset, length),
    write: (offset, data) => blocks.write(offset, data),
    flush: () => blocks.flush(),
    close: () => {
      process.off('exit', close);
      close();
    },
  };
}

/** Beside, then renamed: a reader never sees half a file. @throws GuestwrightError `infrastructure/disk-full` */
function writeWhole(file: string, write: (temporary: string) => void): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.partial`;
  try {
    write(temporary);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw isFull(error) ? diskFull(file, error.message) : error;
  }
}

function diskFull(file: string, seen: string): GuestwrightError {
  return new GuestwrightError('The state of the machine could not be written: the disk is full', {
    kind: 'infrastructure',
    code: 'disk-full',
    expected: `room for ${file}`,
    seen,
    next: 'make room, or name a place on another disk; nothing of it was left',
  });
}

const session = new Session({
  post: (message, transfer) => port.postMessage(message, transfer),
  loadV86: async () => {
    const { V86 } = (await import('v86')) as unknown as { V86: V86Constructor };
    return V86;
  },
  openBlocks,
  readOverlay: (file) => decodeOverlay(file),
  writeOverlay: (file, overlay) => writeWhole(file, (to) => writeFileSync(to, encodeOverlay(overlay))),
  writeSnapshot: (file, snapshot, identity) => writeWhole(file, (to) => writeSnapshotFile(to, snapshot, identity)),
  readSnapshot: (file, identity) => readSnapshotFile(readFileSync(file), file, identity),
});

port.on('message', (request: Request) => session.receive(request));
