/** Closures and archives with the host's own apt, on a small archive of the test's own. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DebianArchive, parseInstalled } from './debian.js';
import { sha256OfFile } from './files.js';
import type { FetchedPackage } from './recipe.js';
import { writeRepository } from './repository.js';

const OPTIONS = { codename: 'testing', architecture: 'amd64', date: new Date('2023-06-10T00:00:00Z') };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-repository-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Makes a package without files. */
async function makePackage(name: string, fields: Readonly<Record<string, string>> = {}): Promise<FetchedPackage> {
  const tree = join(folder, `tree-${name}`);
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  const all = {
    Package: name,
    Version: '1:2.0-1',
    Architecture: 'amd64',
    Maintainer: 'a test',
    Description: 'a test\n with a second line',
    ...fields,
  };
  const control = Object.entries(all).map(([field, value]) => `${field}: ${value}\n`);
  await writeFile(join(tree, 'DEBIAN', 'control'), control.join(''));
  await execa('chmod', ['-R', 'u=rwX,go=rX', tree]);
  const deb = join(folder, `${name}.deb`);
  await execa('dpkg-deb', ['--build', '--root-owner-group', tree, deb]);
  return { name, version: all.Version, architecture: 'amd64', sha256: await sha256OfFile(deb), deb };
}

/** An archive whose apt sees the folder `archive` and nothing else. */
async function archiveOf(packages: readonly FetchedPackage[]): Promise<DebianArchive> {
  const at = join(folder, 'archive');
  await writeRepository(at, packages, OPTIONS);
  await writeFile(join(folder, 'sources.list'), `deb [trusted=yes] file:${at} testing main\n`);
  const configuration = [
    `Dir::Etc::sourcelist "${join(folder, 'sources.list')}";`,
    'Dir::Etc::sourceparts "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
  ];
  await writeFile(join(folder, 'apt.conf'), configuration.join('\n'));
  vi.stubEnv('APT_CONFIG', join(folder, 'apt.conf'));
  return new DebianArchive(join(folder, 'cache'), 'amd64', () => undefined);
}

test('a closure is what apt would install together: dependencies, nothing recommended, nothing twice', async () => {
  const archive = await archiveOf([
    await makePackage('top', { Depends: 'middle', Recommends: 'pleasant' }),
    await makePackage('middle', { Depends: 'base' }),
    await makePackage('base', { Priority: 'required' }),
    await makePackage('pleasant'),
    await makePackage('unrelated'),
  ]);
  const pins = await archive.newest([{ name: 'middle' }], [['top'], ['?priority(required)']]);
  expect(pins.map(({ name }) => name)).toEqual(['base', 'middle', 'top']);
  expect(pins.map(({ version }) => version)).toEqual(['1:2.0-1', '1:2.0-1', '1:2.0-1']);
  expect(pins[2]?.sha256).toBe(await sha256OfFile(join(folder, 'top.deb')));
});

test('packages that exclude each other are no closure, and apt says which', async () => {
  const archive = await archiveOf([await makePackage('one', { Conflicts: 'other' }), await makePackage('other')]);
  await expect(archive.newest([], [['one', 'other']])).rejects.toMatchObject({
    failure: {
      kind: 'infrastructure',
      code: 'package-missing',
      seen: expect.stringContaining('Conflicts: other') as string,
    },
  });
  const apart = await archive.newest([], [['one'], ['other']]);
  expect(apart.map(({ name }) => name)).toEqual(['one', 'other']);
});

test('what was pinned is fetched from the archive, and what has moved on is named with what is there now', async () => {
  const archive = await archiveOf([await makePackage('stays'), await makePackage('moved')]);
  const pins = await archive.newest([], [['stays', 'moved']]);
  const fetched = await archive.fetch(pins);
  expect(fetched).toMatchObject({ kind: 'fetched' });
  await rm(join(folder, 'cache', 'packages'), { recursive: true });
  const later = await archiveOf([await makePackage('stays'), await makePackage('moved', { Version: '1:3.0-1' })]);
  await later.newest([], [['stays']]);
  const drifted = await later.fetch(pins);
  expect(drifted).toMatchObject({
    kind: 'drifted',
    drift: [{ pin: { name: 'moved', version: '1:2.0-1' }, seen: [{ name: 'moved', version: '1:3.0-1' }] }],
  });
});

test('equal packages give equal archives, whatever order they come in', async () => {
  const packages = [await makePackage('beta'), await makePackage('alpha')];
  const files = ['dists/testing/Release', 'dists/testing/main/binary-amd64/Packages'];
  const read = async (at: string) => await Promise.all(files.map((file) => readFile(join(at, file), 'utf8')));
  await writeRepository(join(folder, 'first'), packages, OPTIONS);
  await writeRepository(join(folder, 'second'), packages.toReversed(), OPTIONS);
  const [release = '', index = ''] = await read(join(folder, 'first'));
  expect(await read(join(folder, 'second'))).toEqual([release, index]);
  expect(release).toContain('Date: Sat, 10 Jun 2023 00:00:00 UTC\n');
  expect(index).toContain('Filename: pool/alpha_2.0-1_amd64.deb\n');
  expect(index.indexOf('Package: alpha')).toBeLessThan(index.indexOf('Package: beta'));
  expect((await stat(join(folder, 'first/pool/beta_2.0-1_amd64.deb'))).size).toBeGreaterThan(0);
});

test('names are read from what apt would do, and nothing from its other lines', () => {
  const text = 'NOTE: a simulation\nInst libc6 (2.36-9 Debian:12.13/stable [amd64]) []\nConf libc6 (2.36-9 Debian)\n';
  expect(parseInstalled(text)).toEqual(['libc6']);
});
