/** A page as lines that a person, or another program, wants: without borders, blank rows and the marks of menus. */
import type { Region } from './content.js';
import { rowRegion, type Rung, type TextPage } from './page.js';

export interface ReadLine {
  text: string;
  /** Pixels, around the text. */
  region: Region;
  rung: Rung;
  /** 0 to 1. */
  confidence: number;
}

/** Box drawing, block elements, and the triangles and squares that point at a menu's entry. */
const ORNAMENT = /[\u2500-\u25ff]/g;

/** The lines with text, in reading order; blanks inside of a line are those of the screen. */
export function readLines({ rows }: TextPage): ReadLine[] {
  return rows.flatMap((row) => {
    const plain = row.text.replace(ORNAMENT, ' ');
    const text = plain.trim();
    if (text === '') return [];
    const start = plain.length - plain.trimStart().length;
    const region = rowRegion(row, start, start + text.length);
    return [{ text, region, rung: row.rung, confidence: row.confidence }];
  });
}
