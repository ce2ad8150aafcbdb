/** Finds the text at a place of the screen. */
import type { Region } from '../../sdk/screen/content.js';
import type { TextPage, TextRow } from '../../sdk/screen/page.js';
import { rowRegion } from '../../sdk/screen/page.js';
import { findText } from '../../sdk/screen/text.js';

/** Recognised text that is less sure than this is not relied on. */
const SURE = 0.7;

export interface PlacedText {
  text: string;
  /** Which of its places on the screen. */
  nth: number;
}

/** What a user would call what is at a point: the words around it, up to a gap or a border. Null: there is no text. */
export function textAt(page: TextPage, point: { x: number; y: number }): PlacedText | null {
  for (const row of page.rows) {
    if (row.rung === 'ocr' && row.confidence < SURE) continue;
    for (const { 0: text, index } of row.text.matchAll(/[^\s\u2500-\u259f]+(?: [^\s\u2500-\u259f]+)*/gu)) {
      if (!holds(rowRegion(row, index, index + text.length), point)) continue;
      const nth = findText(page, text).findIndex(({ region }) => holds(region, point));
      if (nth !== -1) return { text, nth };
    }
  }
  return null;
}

/** Every character that lies in the region by more than half, row by row; empty when there is none. */
export function textWithin(page: TextPage, region: Region): string {
  return page.rows
    .filter(({ y, height }) => y + height / 2 >= region.y && y + height / 2 < region.y + region.height)
    .map((row) => charactersWithin(row, region).trim())
    .filter((text) => text !== '')
    .join('\n');
}

function charactersWithin({ text, edges }: TextRow, { x, width }: Region): string {
  let from = text.length;
  let to = 0;
  for (let i = 0; i < text.length; i++) {
    const middle = ((edges[i] ?? 0) + (edges[i + 1] ?? 0)) / 2;
    if (middle < x || middle >= x + width) continue;
    from = Math.min(from, i);
    to = i + 1;
  }
  return text.slice(from, to);
}

function holds({ x, y, width, height }: Region, point: { x: number; y: number }): boolean {
  return point.x >= x && point.x < x + width && point.y >= y && point.y < y + height;
}
