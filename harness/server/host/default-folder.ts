/** Where a host's machines are, and how the command line on the same machine finds its daemon. */
import { chmod } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
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
