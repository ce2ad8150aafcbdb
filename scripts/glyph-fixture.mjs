// Writes sdk/screen/glyphs/fonts.fixture.txt: those glyphs of the fonts that the screens in sdk/screen/screens are
// written in, so that the reader's tests run where no font is installed. A maintainer's tool.
//
//   node scripts/glyph-fixture.mjs <folder>
//
// The folder holds the fonts as JSON: { name, width, height, nineDots, glyphs: [{ character, width, rows }] }.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FONTS = ['vga-8x16', 'linux-8x16', 'edk2-8x19', 'unifont-16'];
/** What is taken of a large font beside what the screens show: the scripts whose letters look like each other's. */
const BLOCKS = [
  [0x20, 0x17f],
  [0x370, 0x45f],
  [0x2010, 0x2027],
  [0x2190, 0x2193],
  [0x2500, 0x25af],
  [0xfe80, 0xfefc],
];
const SMALL = 512;

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node scripts/glyph-fixture.mjs <folder with fonts as JSON>');
const screens = fileURLToPath(new URL('../sdk/screen/screens/', import.meta.url));
const shown = new Set(
  readdirSync(screens)
    .filter((file) => file.endsWith('.txt'))
    .flatMap((file) => [...readFileSync(path.join(screens, file), 'utf8')]),
);
let text = '# Written by scripts/glyph-fixture.mjs. font <name> <width> <height> <nine dots>, then: code width rows\n';
for (const name of FONTS) {
  const font = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'));
  text += `font ${font.name} ${font.width} ${font.height} ${font.nineDots ? 1 : 0}\n`;
  const bitmap = ({ width, rows }) => `${width} ${rows.join()}`;
  const isWanted = ({ character }) => {
    const code = character.charCodeAt(0);
    return font.glyphs.length <= SMALL || shown.has(character) || BLOCKS.some(([a, b]) => code >= a && code <= b);
  };
  const wanted = font.glyphs.filter(isWanted);
  // And whatever looks the same as one of those: telling them apart is what is tested.
  const bitmaps = new Set(wanted.filter(({ character }) => shown.has(character)).map(bitmap));
  for (const glyph of font.glyphs) {
    if (!isWanted(glyph) && !bitmaps.has(bitmap(glyph))) continue;
    const digits = glyph.width / 4;
    const rows = glyph.rows.map((row) => row.toString(16).padStart(digits, '0')).join('');
    text += `${glyph.character.charCodeAt(0).toString(16)} ${glyph.width} ${rows}\n`;
  }
}
const file = fileURLToPath(new URL('../sdk/screen/glyphs/fonts.fixture.txt', import.meta.url));
writeFileSync(`${file}.part`, text);
renameSync(`${file}.part`, file);
console.log(`${file}: ${text.length} bytes`);
