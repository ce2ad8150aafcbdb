/**
 * Named pipes between QEMU and us, a pair for each port. A port sends byte by byte, and a unix socket is full
 * after some 280 writes, however small: a guest would wait whenever this process is busy for a moment, and firmware does
 * not wait for long (EDK II gives its console up after a second, and its shell with it). A pipe takes 64 kB of bytes.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

/** Both ways of a serial port. */
export interface SerialLine {
  toGuest: Socket;
  fromGuest: Socket;
}

/** The files of a pair. */
export const pipeFiles = (path: string): { toGuest: string; fromGuest: string } => ({
  // As QEMU's `-chardev pipe,path=…` names them.
  toGuest: `${path}.in`,
  fromGuest: `${path}.out`,
});

/** @param paths as QEMU's `-chardev pipe` takes them */
export async function makePipes(paths: readonly string[]): Promise<void> {
  await makeFifos(paths.flatMap((path) => Object.values(pipeFiles(path))));
}

export async function makeFifos(files: readonly string[]): Promise<void> {
  // Node cannot make them; every unix has this program.
  if (files.length > 0) await promisify(execFile)('mkfifo', ['-m', '600', ...files]);
}

/** Opens our ends, when QEMU has opened its own: until then there would be nobody at the other end. */
export function openPipes(path: string): SerialLine {
  const { toGuest, fromGuest } = pipeFiles(path);
  const [reading, writing] = openBoth(
    { file: fromGuest, flags: constants.O_RDONLY },
    { file: toGuest, flags: constants.O_WRONLY },
  );
  return { fromGuest: reading, toGuest: writing };
}

/**
 * Opens a pair for somebody who may come, go and come again: we hold the other ends as well, so that a pipe never ends,
 * and what is written before somebody reads it waits.
 */
export function openPipesToOutside(path: string): { fromOutside: Socket; toOutside: Socket } {
  const { toGuest, fromGuest } = pipeFiles(path);
  const [fromOutside, toOutside] = openBoth(
    { file: toGuest, flags: constants.O_RDWR },
    { file: fromGuest, flags: constants.O_RDWR },
  );
  return { fromOutside, toOutside };
}

interface End {
  file: string;
  flags: number;
}

function openBoth(read: End, write: End): [Socket, Socket] {
  const reading = openSync(read.file, read.flags | constants.O_NONBLOCK);
  try {
    const writing = openSync(write.file, write.flags | constants.O_NONBLOCK);
    return [
      new Socket({ fd: reading, readable: true, writable: false }),
      new Socket({ fd: writing, readable: false, writable: true }),
    ];
  } catch (error) {
    closeSync(reading);
    throw error;
  }
}

/** The files go; what has been opened stays. */
export async function removePipes(paths: readonly string[]): Promise<void> {
  for (const file of paths.flatMap((path) => Object.values(pipeFiles(path)))) await rm(file, { force: true });
}
