/**
 * The fonts that Guestwright knows how to make, grouped by the package that they are from. They are built and kept as
 * images are (`sdk/images`): out of Debian packages, or of what is installed here where that gives the same fonts.
 */
import { kernelPayload } from '../../images/kernel.js';
import type { BuildContext, PartDescription, Recipe } from '../../images/recipe.js';
import type { GlyphFont } from '../../screen/font.js';
import { findCodePageFont } from './code-page-font.js';
import { EDK2_HEIGHT, findEdk2Font, lzmaSections } from './edk2.js';
import { encodeFont } from './font-file.js';
import { parsePsf } from './psf.js';
import { ALPHABETS_AND_SYMBOLS, isIn, parseUnifontHex, UNIFONT_HEIGHT, UNSEEN } from './unifont-hex.js';

/** Where systems that are not Debian have the firmware that comes with QEMU. */
const FIRMWARE_FOLDERS = [
  '/usr/share/seavgabios', // Fedora
  '/usr/share/qemu', // Arch, openSUSE, Alpine
  '/usr/local/share/qemu',
  '/opt/homebrew/share/qemu',
  '/opt/local/share/qemu', // MacPorts
];

interface FontSource {
  name: string;
  description: string;
  packages: Recipe['packages'];
  folders?: readonly string[];
  /** Names of the fonts with what each is. */
  fonts: Readonly<Record<string, string>>;
  extract: (context: BuildContext) => Promise<GlyphFont[]>;
}

function recipe({ name, description, packages, folders = [], fonts, extract }: FontSource): Recipe {
  const part = (words: string): PartDescription => ({ kind: 'font', description: words });
  return {
    name,
    description,
    revision: 1,
    packages,
    shelf: 'fonts',
    anySource: { folders },
    parts: Object.fromEntries(Object.entries(fonts).map(([font, words]) => [font, part(words)])),
    async build(context) {
      const made = await extract(context);
      return Object.fromEntries(made.map((font) => [font.name, encodeFont(font)]));
    },
  };
}

const seabios = recipe({
  name: 'seabios',
  description: 'the fonts of the VGA BIOS that v86 and QEMU have: boot loaders, installers and consoles in text modes',
  packages: [{ name: 'seabios' }],
  folders: FIRMWARE_FOLDERS,
  fonts: {
    'vga-8x16': 'text modes of 25 rows',
    'vga-8x14': 'text modes of 28 rows',
    'vga-8x8': 'text modes of 50 rows',
  },
  async extract({ read }) {
    const rom = await read('seabios', 'usr/share/seabios/vgabios-stdvga.bin');
    return [16, 14, 8].map((height) => findCodePageFont(rom, `vga-8x${height}`, height, 'the VGA BIOS'));
  },
});

const KERNEL = 'linux-image-686';

const linux = recipe({
  name: 'linux',
  description: "the font that Linux' framebuffer console has until another is loaded",
  packages: [{ name: KERNEL, follow: /^linux-image-\d.*-686$/ }],
  fonts: { 'linux-8x16': "the kernel's VGA8x16" },
  async extract({ list, read, unxz }) {
    const [image] = (await list(KERNEL, 'boot')).filter((path) => path.startsWith('boot/vmlinuz-'));
    if (image === undefined) throw new RangeError('There is no boot/vmlinuz-*');
    const kernel = await unxz(kernelPayload(await read(KERNEL, image)));
    return [findCodePageFont(kernel, 'linux-8x16', 16, 'the Linux kernel')];
  },
});

const edk2 = recipe({
  name: 'ovmf',
  description: 'the console font of EDK2: UEFI setup menus, the UEFI shell, boot loaders on UEFI’s text console',
  packages: [{ name: 'ovmf' }],
  fonts: { 'edk2-8x19': "UEFI's narrow glyphs" },
  async extract({ read, unlzma }) {
    const firmware = await read('ovmf', 'usr/share/OVMF/OVMF_CODE_4M.fd');
    const volumes: Uint8Array[] = [];
    for (const stream of lzmaSections(firmware)) volumes.push(await unlzma(stream));
    return [findEdk2Font(Buffer.concat(volumes), `edk2-8x${EDK2_HEIGHT}`, 'OVMF')];
  },
});

const unifont = recipe({
  name: 'unifont',
  description: 'GNU Unifont: GRUB’s graphic menus (unicode.pf2), Debian’s graphic console installer',
  packages: [{ name: 'unifont' }],
  fonts: {
    'unifont-16': 'alphabets, symbols, lines and blocks',
    'unifont-16-wide': 'everything else that can be seen: Chinese, Japanese, Korean and more',
  },
  async extract({ read }) {
    const text = Buffer.from(await read('unifont', 'usr/share/unifont/unifont.hex')).toString('latin1');
    const font = (name: string, wanted: (code: number) => boolean): GlyphFont => ({
      name,
      width: 8,
      height: UNIFONT_HEIGHT,
      nineDots: false,
      glyphs: parseUnifontHex(text, 'unifont.hex', wanted),
    });
    const isCommon = (code: number) => isIn(ALPHABETS_AND_SYMBOLS, code);
    return [font('unifont-16', isCommon), font('unifont-16-wide', (code) => !isCommon(code) && !isIn(UNSEEN, code))];
  },
});

/** Those that Debian's and Ubuntu's `console-setup` chooses by itself, and what people choose most in their place. */
const CONSOLE_FONTS: Readonly<Record<string, string>> = {
  'lat15-fixed16': 'Lat15-Fixed16: Debian’s console once it is set up',
  'lat15-vga16': 'Lat15-VGA16',
  'lat15-terminus16': 'Lat15-Terminus16',
  'lat15-terminusbold16': 'Lat15-TerminusBold16',
  'lat15-terminus32x16': 'Lat15-Terminus32x16: on screens of many pixels',
  'uni2-fixed16': 'Uni2-Fixed16: Ubuntu’s console once it is set up',
  'uni2-vga16': 'Uni2-VGA16',
  'uni2-terminus16': 'Uni2-Terminus16',
  'uni2-terminusbold16': 'Uni2-TerminusBold16',
  'uni2-terminus32x16': 'Uni2-Terminus32x16',
};

const consoleSetup = recipe({
  name: 'console-setup',
  description: 'fonts that setfont loads into Linux’ console',
  packages: [{ name: 'console-setup-linux' }],
  fonts: CONSOLE_FONTS,
  async extract({ read }) {
    const fonts: GlyphFont[] = [];
    for (const [name, words] of Object.entries(CONSOLE_FONTS)) {
      const file = `${words.split(':', 1)[0] ?? ''}.psf.gz`;
      fonts.push(parsePsf(await read('console-setup-linux', `usr/share/consolefonts/${file}`), name, file));
    }
    return fonts;
  },
});

/** In the order in which `guestwright fonts list` shows them. */
export const FONT_RECIPES: readonly Recipe[] = [seabios, linux, edk2, unifont, consoleSetup];

/** What a screen is read with unless a spec says more: what a guest shows that brings no font of its own. */
export const DEFAULT_FONTS: readonly string[] = [
  'vga-8x16',
  'linux-8x16',
  'edk2-8x19',
  'unifont-16',
  'unifont-16-wide',
  'lat15-fixed16',
  'uni2-fixed16',
];

/** A guest's own fonts (the field `fonts` of its spec), then the default set: names for `loadFonts`. */
export function fontsFor(own: readonly string[]): string[] {
  return [...new Set([...own, ...DEFAULT_FONTS])];
}

/** The recipe that makes this font. */
export function recipeOf(font: string): Recipe | undefined {
  return FONT_RECIPES.find(({ parts }) => Object.hasOwn(parts, font));
}

/** Names of every font of the catalogue. */
export function fontNames(): string[] {
  return FONT_RECIPES.flatMap(({ parts }) => Object.keys(parts));
}
