/** The catalogue's fonts, made of the real packages: downloads some 60 MB unless the packages are in the cache. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cacheFolder } from '../../images/files.js';
import { readLock, shippedLockPath } from '../../images/lock.js';
import type { GlyphFont } from '../../screen/font.js';
import type { Picture } from '../../screen/picture.js';
import { decodePng } from '../png.js';
import { buildFonts, loadFonts } from './index.js';
import { FONT_RECIPES } from './recipes.js';

let folder: string;
const packages = join(cacheFolder(), 'packages');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-real-fonts-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Makes fonts with a cache of its own, in which only the packages may be there already. */
async function make(name: string, place: string, options: { accept?: boolean }): Promise<[string, Buffer][]> {
  const project = join(folder, place);
  await mkdir(join(project, 'cache'), { recursive: true });
  await mkdir(packages, { recursive: true });
  await symlink(packages, join(project, 'cache', 'packages'));
  await writeFile(join(project, 'package.json'), '{}');
  vi.stubEnv('GUESTWRIGHT_CACHE', join(project, 'cache'));
  const paths = await buildFonts(name, { ...options, projectRoot: project });
  return await Promise.all(
    paths.map(async (path) => [path.slice(path.lastIndexOf('/') + 1), await readFile(path)] as [string, Buffer]),
  );
}

test.each(FONT_RECIPES.map(({ name, parts }) => [name, Object.keys(parts)] as const))(
  'the fonts of %s, made twice in two places and time zones, are the same to the byte, and each is pinned',
  async (name, fonts) => {
    vi.stubEnv('TZ', 'Pacific/Auckland');
    const first = await make(name, 'first', { accept: true });
    vi.stubEnv('TZ', 'America/New_York');
    const second = await make(name, 'the second, elsewhere', {});
    expect(first.map(([font]) => font).sort()).toEqual([...fonts].sort());
    expect(second).toEqual(first);
    const shipped = (await readLock(shippedLockPath())).fonts?.[name];
    expect(Object.keys(shipped?.parts ?? {}).sort()).toEqual([...fonts].sort());
  },
);

/** Compiled, this file is in `dist/sdk/reading/fonts`; pictures are not compiled. */
const screenFile = (name: string) =>
  fileURLToPath(new URL(`../../../../sdk/screen/screens/${name}.png`, import.meta.url));

test.each([
  ['grub', 'vga-8x16', { width: 9, x: 0, y: 0 }],
  ['newt', 'vga-8x16', { width: 9, x: 0, y: 0 }],
  ['memtest', 'vga-8x16', { width: 9, x: 0, y: 0 }],
  ['vtsh', 'vga-8x16', { width: 9, x: 0, y: 0 }],
  ['fbsh', 'linux-8x16', { width: 8, x: 0, y: 0 }],
  ['ovmfdm', 'edk2-8x19', { width: 8, x: 0, y: 2 }],
  ['fbnewt', 'unifont-16', { width: 8, x: 0, y: 0 }],
])('the screen %s is written in %s', async (screen, name, cell) => {
  const [font] = await loadFonts([name], { projectRoot: fileURLToPath(new URL('../../../../', import.meta.url)) });
  if (font === undefined) throw new Error('no font');
  const { known, cells } = knownCells(decodePng(await readFile(screenFile(screen)), screen), font, cell);
  expect(cells).toBeGreaterThan(200);
  // The rest are cursors, logos and (in fbnewt) languages that are in the other part of Unifont.
  expect(known / cells).toBeGreaterThan(0.97);
});

/** Of the cells with exactly two colours: how many show one of the font's glyphs. */
function knownCells(picture: Picture, font: GlyphFont, cell: { width: number; x: number; y: number }) {
  const shapes = new Set(font.glyphs.filter(({ width }) => width === 8).map(({ rows }) => rows.join()));
  const colour = (x: number, y: number) => {
    const at = 4 * (y * picture.width + x);
    return picture.rgba.subarray(at, at + 3).join();
  };
  let [known, cells] = [0, 0];
  for (let top = cell.y; top + font.height <= picture.height; top += font.height) {
    for (let left = cell.x; left + cell.width <= picture.width; left += cell.width) {
      const rows = Array.from({ length: font.height }, (_, y) =>
        Array.from({ length: 8 }, (_dot, x) => colour(left + x, top + y)),
      );
      const colours = new Set(rows.flat());
      if (colours.size !== 2) continue;
      cells++;
      const shape = (foreground: string) =>
        rows.map((row) => row.reduce((dots, dot) => 2 * dots + (dot === foreground ? 1 : 0), 0)).join();
      if ([...colours].some((foreground) => shapes.has(shape(foreground)))) known++;
    }
  }
  return { known, cells };
}
