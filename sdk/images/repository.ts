/** A Debian package archive in a folder, of packages that are here: what apt and debootstrap install from. */
import { copyFile, link, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from './files.js';
import type { FetchedPackage } from './recipe.js';
import { runTool } from './tools.js';

export interface RepositoryOptions {
  /** The release's code name, as in `sources.list`. */
  codename: string;
  architecture: string;
  /** What the archive says when it was made: apt refuses one that is from the future. */
  date: Date;
}

/**
 * Writes the packages to `pool/` and their index to `dists/`, unsigned: its users have to trust it (`[trusted=yes]`).
 * Equal packages give equal files.
 */
export async function writeRepository(
  folder: string,
  packages: readonly FetchedPackage[],
  { codename, architecture, date }: RepositoryOptions,
): Promise<void> {
  const index = `main/binary-${architecture}/Packages`;
  const dist = join(folder, 'dists', codename);
  await mkdir(join(folder, 'pool'), { recursive: true });
  await mkdir(join(dist, 'main', `binary-${architecture}`), { recursive: true });
  const sorted = packages.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const stanzas: string[] = [];
  for (const one of sorted) {
    const path = `pool/${fileName(one)}`;
    await linkOrCopy(one.deb, join(folder, path));
    stanzas.push(await stanza(one, path));
  }
  const text = stanzas.join('\n');
  await writeFile(join(dist, index), text);
  const release = [
    `Codename: ${codename}`,
    `Date: ${date.toUTCString().replace('GMT', 'UTC')}`,
    `Architectures: ${architecture}`,
    'Components: main',
    'SHA256:',
    ` ${sha256(text)} ${Buffer.byteLength(text)} ${index}`,
    '',
  ];
  await writeFile(join(dist, 'Release'), release.join('\n'));
}

/** As in Debian's own archive: without the version's epoch. */
function fileName({ name, version, architecture }: FetchedPackage): string {
  return `${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`;
}

async function stanza({ deb, sha256: digest }: FetchedPackage, path: string): Promise<string> {
  const { stdout } = await runTool('dpkg-deb', ['--field', deb]);
  const { size } = await stat(deb);
  return `${stdout.trimEnd()}\nFilename: ${path}\nSize: ${size}\nSHA256: ${digest}\n`;
}

/** Files of the cache are never written, so one file under two names is as good as a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}
