/** A guest that prints what would do harm wherever it is shown as more than text. */

const SECTOR = 512;
/** Where the firmware puts the sectors behind the boot sector. */
const DATA = 0x8000;
/** Sets a mark in a page that runs it, in every way that a text might be run. `mark` is the name of a global. */
export function hostileTexts(mark: string): string[] {
  return [
    `<script>${mark}=1</script>`,
    `<img src=x onerror=${mark}=2>`,
    `"'><svg onload=${mark}=3>`,
    `]]><a>&amp;</a>&lt;`,
    `\${{ secrets.X }} javascript:${mark}=4`,
    `::error::from the guest`,
  ];
}

/** What a terminal would do: title, clipboard (OSC 52), link, erase, colour, report. */
const CONTROLS =
  '\u001b]0;owned\u0007\u001b]52;c;cm0gLXJm\u0007\u001b]8;;javascript:1\u001b\\link\u001b]8;;\u001b\\' +
  '\u001b[2J\u001b[H\u001b[31mred\u001b[6n\u001bc\u001b(0\u001bPq#0\u001b\\';
/** Bytes that are no UTF-8: 8-bit CSI and OSC, halves, an over-long slash, both surrogates, beyond Unicode, NUL, non-characters. */
const BYTES = [
  ...[0x9b, 0x33, 0x31, 0x6d, 0x9d, 0x30, 0x3b, 0x78, 0x9c, 0xc3, 0x28, 0xc0, 0xaf, 0xe2, 0x82],
  ...[
    0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xff, 0x00, 0x00, 0xef, 0xbf, 0xbe, 0xe2, 0x80, 0xae,
    0xc2, 0x9b, 0x31, 0x6d,
  ],
];

/**
 * A floppy that boots it. It prints the texts on the screen and puts all 256 characters there; sends the texts, control sequences,
 * what is no UTF-8 and 1 MB without a newline over the first serial port; shows `DONE` and idles.
 */
export function hostileGuest(texts: readonly string[]): Uint8Array {
  const codes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
  const screen = [...texts.flatMap((text) => codes(`${text}\r\n`)), ...codes('\u001b[31m\u001b]0;x\u0007\r\nDONE\r\n')];
  const serial = [...texts.flatMap((text) => codes(`${text}\r\n`)), ...codes(CONTROLS), ...BYTES];
  const data = [...serial, ...screen];
  const sectors = Math.ceil(data.length / SECTOR);
  const word = (value: number): [number, number] => [value & 0xff, value >> 8];
  const code = [
    ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x7c, 0xfb], // segments 0, a stack, sti
    ...[0xb8, sectors, 0x02, 0xbb, ...word(DATA), 0xb9, 0x02, 0x00, 0xba, 0x00, 0x00, 0xcd, 0x13], // read the sectors
    // Serial: lodsb; out dx,al; loop
    ...[0xbe, ...word(DATA), 0xb9, ...word(serial.length), 0xba, 0xf8, 0x03, 0xac, 0xee, 0xe2, 0xfc],
    // 16 times: cx 0 (65,536 turns); al 'A'; out dx,al; loop
    ...[0xbb, 0x10, 0x00, 0xb9, 0x00, 0x00, 0xb0, 0x41, 0xee, 0xe2, 0xfd, 0x4b, 0x75, 0xf5],
    // Row 20 of the screen, without the firmware: es B800h; stosw; inc al; until 256
    ...[
      0xb8,
      ...word(0xb800),
      0x8e,
      0xc0,
      0xbf,
      ...word(20 * 160),
      0xb4,
      0x07,
      0xb0,
      0x00,
      0xab,
      0xfe,
      0xc0,
      0x75,
      0xfb,
    ],
    // Screen: lodsb; int 10h, AH=0Eh; loop
    ...[0xbe, ...word(DATA + serial.length), 0xb9, ...word(screen.length)],
    ...[0xac, 0xb4, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10, 0xe2, 0xf6],
    ...[0xf4, 0xeb, 0xfd], // hlt for ever
  ];
  const image = new Uint8Array(1_474_560);
  image.set(code);
  image.set([0x55, 0xaa], 510);
  image.set(data, SECTOR);
  return image;
}
