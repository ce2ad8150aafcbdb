/** Where the process of a machine is reached. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';

/** File descriptor on which the process of a machine says how far it is. */
export const SAYING_FILE = 3;
/** It holds the lease; it can be connected to. */
export type Said = 'leased' | 'listening';

/**
 * A unix socket's path has to be short, and a machine's folder may be anywhere: the sockets of a user's machines are in one
 * folder of the user's own, named by the machine's folder.
 * @param kind what is said there: `process` is the host's protocol, `console` RFB
 * @throws GuestwrightError `infrastructure/socket-folder-unsafe`: somebody else could listen there
 */
export async function socketOf(machineFolder: string, kind: 'process' | 'console' = 'process'): Promise<string> {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `guestwright-host-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const seen = lstatSync(folder);
  if (!seen.isDirectory() || (uid >= 0 && seen.uid !== uid) || (seen.mode & 0o077) !== 0) throw unsafe(folder);
  const name = createHash('sha256')
    .update(await realpath(machineFolder))
    .digest('hex')
    .slice(0, 24);
  return join(folder, kind === 'process' ? `${name}.sock` : `${name}.${kind}`);
}

function unsafe(folder: string): GuestwrightError {
  return new GuestwrightError(`${folder} is not safe for the sockets of machines`, {
    kind: 'infrastructure',
    code: 'socket-folder-unsafe',
    expected: 'a folder that belongs to you, and that nobody else may enter',
    seen: 'another owner, or wider permissions',
    next: 'remove it, or set TMPDIR to a folder of your own',
  });
}
