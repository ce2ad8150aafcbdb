/**
 * Named pipes between QEMU and us, a pair for each serial port. A port sends byte by byte, and a unix socket is full
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

const filesOf = (path: string): { toGuest: string; fromGuest: string } => ({
  // As QEMU's `-chardev pipe,path=…` names them.
  toGuest: `${path}.in`,
  fromGuest: `${path}.out`,
});

/** @param paths as QEMU's `-chardev pipe` takes them */
export async function makePipes(paths: readonly string[]): Promise<void> {
  const files = paths.flatMap((path) => Object.values(filesOf(path)));
  // Node cannot make them; every unix has this program.
  if (files.length > 0) await promisify(execFile)('mkfifo', ['-m', '600', ...files]);
}

/** Opens our ends, when QEMU has opened its own: until then there would be nobody at the other end. */
export function openPipes(path: string): SerialLine {
  const { toGuest, fromGuest } = filesOf(path);
  const reading = openSync(fromGuest, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writing = openSync(toGuest, constants.O_WRONLY | constants.O_NONBLOCK);
    return {
      fromGuest: new Socket({ fd: reading, readable: true, writable: false }),
      toGuest: new Socket({ fd: writing, readable: false, writable: true }),
    };
  } catch (error) {
    closeSync(reading);
    throw error;
  }
}

/** The files go; what has been opened stays. */
export async function removePipes(paths: readonly string[]): Promise<void> {
  for (const file of paths.flatMap((path) => Object.values(filesOf(path)))) await rm(file, { force: true });
}
