/**
 * A process that serves one FAT file system to the kernel until it is unmounted: `fat-server.process.js FD FILE rw|ro`.
 * FD is that of the FUSE connection. It says `mounted` on standard output when the first request was answered, and ends
 * with 0 when everything was written.
 */
import { readSync, writeSync } from 'node:fs';
import { FileStorage } from '../../storage.js';
import { MOST_WRITTEN, OPCODE, readRequest, writeReply } from '../fuse/messages.js';
import { fatSpace } from './fat-space.js';
import { FatVolume } from './fat-volume.js';
import { serveFat } from './serve-fat.js';

const [connection = '', file = '', access = ''] = process.argv.slice(2);
await serve(Number(connection), file, access === 'rw');

async function serve(fd: number, path: string, writable: boolean): Promise<void> {
  const storage = new FileStorage(path, writable ? 'write' : 'read');
  const volume = await FatVolume.open(storage, { writable });
  const answer = serveFat(volume, fatSpace(storage.read(0, 512), storage.size()));
  const buffer = Buffer.alloc(MOST_WRITTEN + 64 * 1024);
  for (;;) {
    const length = nextMessage(fd, buffer);
    if (length === 0) break;
    const request = readRequest(buffer.subarray(0, length));
    const answered = answer(request);
    if (answered.kind === 'error') reply(fd, writeReply(request.unique, answered.errno));
    if (answered.kind === 'reply') reply(fd, writeReply(request.unique, 0, answered.body));
    if (request.opcode === OPCODE.init) writeSync(1, 'mounted\n');
  }
  volume.close();
  if (writable) storage.flush();
  storage.close();
}

/** @returns its length; 0: the file system was unmounted */
function nextMessage(fd: number, buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, buffer);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'ENODEV') return 0;
      // ENOENT: the request was taken back before it was read.
      if (code !== 'EINTR' && code !== 'ENOENT' && code !== 'EAGAIN') throw error;
    }
  }
}

function reply(fd: number, message: Buffer): void {
  try {
    writeSync(fd, message);
  } catch (error) {
    // Nobody waits for the answer any more.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
