/** Fonts made, kept and loaded, with an archive and a cache of the test's own. */
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import { APT_GET, offerPackage } from '../../images/archive.test.helper.js';
import { listImages } from '../../images/index.js';
import { encodeFont } from './font-file.js';
import { codePageBytes, codePageGlyphs, glyphOf, plain, programOf } from './fonts.test.helper.js';
import { buildFonts, DEFAULT_FONTS, fontPath, fontsDigest, fontsFor, listFonts, loadFonts } from './index.js';

/** An archive, a project and a cache in which the fonts of a package are made; each test gets a copy. */
let template: string;
let folder: string;
let archive: string;
let project: string;

/** What the package's fonts look like. */
const SEED = 8;

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'guestwright-fonts-template-'));
  use(template);
  for (const part of ['archive', 'project', 'bin']) await mkdir(join(template, part));
  await writeFile(join(project, 'package.json'), '{}');
  await writeFile(join(template, 'bin', 'apt-get'), APT_GET);
  await chmod(join(template, 'bin', 'apt-get'), 0o755);
  await offer('1.2', SEED);
  await accept();
});

afterAll(async () => {
  await rm(template, { recursive: true });
});

beforeEach(async () => {
  const copy = await mkdtemp(join(tmpdir(), 'guestwright-fonts-'));
  await cp(template, copy, { recursive: true });
  use(copy);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

function use(place: string): void {
  [folder, archive, project] = [place, join(place, 'archive'), join(place, 'project')];
  vi.unstubAllEnvs();
  vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`);
  vi.stubEnv('ARCHIVE', archive);
  vi.stubEnv('GUESTWRIGHT_CACHE', join(folder, 'cache'));
}

/** Offers a VGA BIOS with fonts of the test's own: `seed` is what they look like. */
async function offer(version: string, seed: number): Promise<void> {
  const rom = programOf(20_000, [
    [100, codePageBytes(16, seed)],
    [5_000, codePageBytes(14, seed)],
    [10_000, codePageBytes(8, seed)],
  ]);
  await offerPackage(archive, 'seabios', version, { 'usr/share/seabios/vgabios-stdvga.bin': rom });
}

/** `accept`: the fonts of the archive, not those that this release of Guestwright pins. */
const accept = () => buildFonts('seabios', { accept: true, projectRoot: project });
const load = (names = ['vga-8x16'], options = {}) => loadFonts(names, { projectRoot: project, ...options });
const lockText = () => readFile(join(project, 'images.lock'), 'utf8');
const emptyCache = () => rm(join(folder, 'cache'), { recursive: true });

async function failureOf(work: Promise<unknown>): Promise<GuestwrightError['failure']> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof GuestwrightError) return error.failure;
  throw error;
}

test('fonts are made of the package and pinned in the project', async () => {
  const lock: unknown = JSON.parse(await lockText());
  expect(lock).toMatchObject({
    images: {},
    fonts: { seabios: { packages: [{ name: 'seabios', version: '1.2' }], parts: { 'vga-8x16': {}, 'vga-8x8': {} } } },
  });
  const [font, small] = await load(['vga-8x16', 'vga-8x8']);
  expect(font).toMatchObject({ name: 'vga-8x16', width: 8, height: 16, nineDots: true });
  expect(font && plain(font)).toEqual(plain({ glyphs: codePageGlyphs(codePageBytes(16, SEED), 16) }));
  expect(small && plain(small)).toEqual(plain({ glyphs: codePageGlyphs(codePageBytes(8, SEED), 8) }));
  expect(await listImages({ projectRoot: project })).not.toContainEqual(expect.objectContaining({ name: 'seabios' }));
});

test('what is in the cache is loaded without asking the archive', async () => {
  await rm(join(archive, 'log'));
  await load();
  await expect(readFile(join(archive, 'log'))).rejects.toThrow('ENOENT');
});

test('a damaged font is noticed and made again, the same to the byte', async () => {
  const path = await fontPath('vga-8x16', { projectRoot: project });
  const before = await readFile(path);
  const damaged = Buffer.from(before);
  damaged.write('FF', damaged.length - 3);
  await writeFile(path, damaged);
  expect(await failureOf(load(['vga-8x16'], { build: false }))).toMatchObject({
    kind: 'infrastructure',
    code: 'font-missing',
    expected: 'vga-8x16, made of the Debian package seabios',
    seen: 'nothing, or a damaged file',
    next: expect.stringContaining('npx guestwright fonts build seabios') as string,
  });
  await load();
  expect(await readFile(path)).toEqual(before);
});

test('a newer package is as good as the pinned one if its fonts are the same', async () => {
  const before = await lockText();
  await emptyCache();
  await offer('1.3', SEED);
  expect(await load()).toHaveLength(1);
  expect(await lockText()).toBe(before);
});

test('a newer package with other fonts is refused, with the command that accepts it', async () => {
  const before = await lockText();
  await emptyCache();
  await offer('1.3', 16);
  const failure = await failureOf(load());
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'image-drift' });
  expect(failure.expected).toContain('seabios 1.2');
  expect(failure.next).toContain('npx guestwright fonts build seabios --accept');
  expect(await lockText()).toBe(before);
  await accept();
  const [font] = await load();
  expect(font && plain(font)).toEqual(plain({ glyphs: codePageGlyphs(codePageBytes(16, 16), 16) }));
});

test('the firmware that is installed here gives the fonts that this release pins, without any package', async () => {
  await emptyCache();
  await rm(join(project, 'images.lock'));
  await rm(join(folder, 'bin', 'apt-get'));
  vi.stubEnv('PATH', join(folder, 'bin'));
  const [font] = await load();
  if (font === undefined) throw new Error('no font');
  // What every VGA BIOS draws: the letter A of IBM's 8x16 font.
  expect(glyphOf(font, 'A')).toEqual([0, 0, 0x10, 0x38, 0x6c, 0xc6, 0xc6, 0xfe, 0xc6, 0xc6, 0xc6, 0xc6, 0, 0, 0, 0]);
  expect(await lockText()).toContain('"vga-8x16"');
});

test('without packages, and with other firmware than is pinned, the error names package and command', async () => {
  await emptyCache();
  vi.stubEnv('PATH', join(folder, 'nothing'));
  const failure = await failureOf(load());
  expect(failure).toMatchObject({ kind: 'infrastructure', code: 'font-missing' });
  expect(failure.expected).toContain('seabios');
  expect(failure.seen).toContain('no apt-get in PATH');
  expect(failure.next).toContain('npx guestwright fonts build seabios');
});

test('a lock that does not know a font yet says how to accept it', async () => {
  const lock = await lockText();
  await writeFile(join(project, 'images.lock'), lock.replace(/,\s*"vga-8x8": \{[^}]*\}/, ''));
  const failure = await failureOf(load(['vga-8x8']));
  expect(failure).toMatchObject({ code: 'image-not-reproduced' });
  expect(failure.seen).toContain('vga-8x8');
});

test('the list says what is there and what the project pins', async () => {
  const groups = await listFonts({ projectRoot: project });
  expect(groups.find(({ name }) => name === 'seabios')).toMatchObject({
    cached: true,
    locked: true,
    packages: ['seabios 1.2'],
    fonts: [{ name: 'vga-8x16', isDefault: true }, { name: 'vga-8x14', isDefault: false }, { name: 'vga-8x8' }],
  });
  expect(groups.find(({ name }) => name === 'unifont')).toMatchObject({ cached: false, locked: false });
});

test('equal fonts have equal digests, in memory and from files; other fonts, and another order, have others', async () => {
  const fonts = await load(['vga-8x16', 'vga-8x8']);
  const [first, second] = fonts;
  if (first === undefined || second === undefined) throw new Error('no fonts');
  const copies = fonts.map(({ name, width, height, nineDots, glyphs }) => ({ name, width, height, nineDots, glyphs }));
  expect(fontsDigest(copies)).toBe(fontsDigest(fonts));
  expect(fontsDigest(await load(['vga-8x16', 'vga-8x8', 'vga-8x16']))).toBe(fontsDigest(fonts));
  expect(new Set([fonts, [second, first], [first], []].map(fontsDigest)).size).toBe(4);
});

test('files are loaded by their paths, from the project on', async () => {
  const glyphs = codePageGlyphs(codePageBytes(8), 8);
  const font = { name: 'mine', width: 8, height: 8, nineDots: true, glyphs };
  await mkdir(join(project, 'fonts'));
  await writeFile(join(project, 'fonts/mine.font'), encodeFont(font));
  await writeFile(join(project, 'Own-8.psf'), Buffer.concat([Uint8Array.of(0x36, 4, 0, 8), codePageBytes(8)]));
  const [mine, own] = await load(['fonts/mine.font', 'Own-8.psf']);
  expect([mine?.name, own?.name]).toEqual(['mine', 'Own-8']);
  expect(mine && plain(mine)).toEqual(plain(font));
  expect(own && plain(own)).toEqual(plain(font));
});

test.each([
  ['a name that is in no catalogue', 'vga-8x17', 'font-unknown', 'vga-8x16'],
  ['a path of no file', 'fonts/none.font', 'file-missing', 'guestwright fonts list'],
  ['a file that is no font', './package.json', 'font-invalid', '`fonts`'],
  ['a font that is damaged in the middle', 'bad.font', 'font-invalid', '`fonts`'],
])('%s is wrong usage, with what to do', async (_what, name, code, next) => {
  const text = Buffer.from(encodeFont({ name: 'bad', width: 8, height: 1, nineDots: true, glyphs: [] })).toString();
  await writeFile(join(project, 'bad.font'), `${text}0041:FF\n0042:F\n`);
  const failure = await failureOf(load([name]));
  expect(failure).toMatchObject({ kind: 'usage', code });
  expect(failure.next).toContain(next);
});

test("a guest's own fonts go before the default set, each font once", () => {
  const names = fontsFor(['fonts/mine.font', 'unifont-16']);
  expect(names.slice(0, 3)).toEqual(['fonts/mine.font', 'unifont-16', 'vga-8x16']);
  expect([...names].sort()).toEqual(['fonts/mine.font', ...DEFAULT_FONTS].sort());
});
