/**
 * Code page 437 to Unicode: what the 256 character codes of a PC's text screen mean. The control codes are the symbols
 * that the hardware draws for them. Source: the Unicode Consortium's `VENDORS/MICSFT/PC/CP437.TXT` and, for 0 to 31
 * and 127, its `VENDORS/MISC/IBMGRAPH.TXT`.
 */

const CONTROLS = ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼';
const ASCII = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i)).join('') + '⌂';
const UPPER =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»' +
  '░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';

/** 256 characters, one for each code; every one is a single UTF-16 unit. 0x00 and 0xFF are plain spaces. */
export const charmap: readonly string[] = Array.from(CONTROLS + ASCII + UPPER);

/** Stands for a glyph whose meaning cannot be known: the second 256 of a guest's own font. */
export const UNKNOWN_CHARACTER = '\ufffd';

/** Box drawing and block elements: what borders, shadows and progress bars of a text screen are made of. */
export function isBoxDrawing(character: string): boolean {
  return character >= '\u2500' && character <= '\u259f';
}
