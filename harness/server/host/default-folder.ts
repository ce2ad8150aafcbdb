/** Where a host's machines are, and how the command line on the same machine finds its daemon. */
import { chmod } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { readIfThere, writeWhole } from '../../../sdk/images/files.js';

/** `GUESTWRIGHT_HOST_FOLDER`, else `guestwright/host` in the system's folder for data. */
export function defaultHostFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { GUESTWRIGHT_HOST_FOLDER, XDG_DATA_HOME } = environment;
  if (GUESTWRIGHT_HOST_FOLDER) return GUESTWRIGHT_HOST_FOLDER;
  return join(XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'guestwright', 'host');
}

const reach = z.object({ url: z.url(), token: z.string().min(1) });
export type Reach = z.output<typeof reach>;

/** For this user only: who may read it has the host. */
export async function writeReach(folder: string, { url, token }: Reach): Promise<void> {
  const file = join(folder, 'daemon.json');
  await writeWhole(file, JSON.stringify({ url, token }));
  await chmod(file, 0o600);
}

/** Null: no daemon has served the folder yet. */
export async function readReach(folder: string): Promise<Reach | null> {
  const text = await readIfThere(join(folder, 'daemon.json'));
  const read = text === null ? null : reach.safeParse(JSON.parse(text));
  return read?.success === true ? read.data : null;
}

/**
 * How a host is reached: by its address and a token of `GUESTWRIGHT_TOKEN`, or the one of this computer.
 * @param host its address; empty or undefined: the daemon of this computer
 * @throws GuestwrightError `usage/host-address-invalid`, `usage/host-token-missing`, `infrastructure/host-unreachable`
 */
export async function reachOf(host: string | undefined): Promise<Reach> {
  if (host !== undefined && host !== '') {
    if (!/^https?:\/\//.test(host) || !URL.canParse(host)) throw addressInvalid(host);
    const token = process.env['GUESTWRIGHT_TOKEN'] ?? '';
    if (token === '') throw tokenMissing(host);
    return { url: host.replace(/\/$/, ''), token };
  }
  const folder = defaultHostFolder();
  const found = await readReach(folder);
  if (found === null) throw noDaemon(folder);
  return found;
}

function addressInvalid(seen: string): GuestwrightError {
  return new GuestwrightError('This is no address of a host', {
    kind: 'usage',
    code: 'host-address-invalid',
    expected: 'as in https://build.example:8443',
    seen,
  });
}

function tokenMissing(host: string): GuestwrightError {
  return new GuestwrightError(`A token of ${host} is needed`, {
    kind: 'usage',
    code: 'host-token-missing',
    expected: 'a token in the environment variable GUESTWRIGHT_TOKEN',
    next: 'whoever has the right "permissions" there makes one: guestwright token create',
  });
}

function noDaemon(folder: string): GuestwrightError {
  return new GuestwrightError('No daemon serves machines here', {
    kind: 'infrastructure',
    code: 'host-unreachable',
    expected: `a daemon that serves ${folder}`,
    next: 'start it with: guestwright serve',
  });
}
