/** Rows of text out of cells: their characters in reading order, the edges of each, and the colours. */
import type { ColourRun, TextRow } from '../page.js';
import { BLANK, RIGHT_HALF } from './cells.js';
import { chooseByWord, toReadingOrder } from './characters.js';
import { CONTEXT, LETTER, type ShapeTable } from './shapes.js';

/** A row of cells, wherever on the screen it is. */
export interface CellRun {
  table: ShapeTable;
  /** Index of the font that is read first. */
  font: number;
  x: number;
  y: number;
  advance: number;
  /** By cell, as in `Cells`: a shape, or one of the values below 0. */
  shapes: Int32Array;
  ink: Uint32Array;
  ground: Uint32Array;
  wraps: boolean;
}

const UNKNOWN_CODE = 0xfffd;

export function rowOf(run: CellRun): TextRow {
  const { table, font, shapes } = run;
  const units: number[] = [];
  let context = false;
  let halves = false;
  for (const shape of shapes) {
    if (shape === RIGHT_HALF) {
      halves = true;
      continue;
    }
    units.push(shape >= 0 ? table.codeOf(shape, font) : shape === BLANK ? 0x20 : UNKNOWN_CODE);
    if (shape >= 0 && ((table.flags[shape] ?? 0) & CONTEXT) !== 0) context = true;
  }
  const plain = { text: String.fromCharCode(...units), widths: null };
  const { text, widths } = context ? inContext(run) : plain;
  return {
    text,
    edges: widths === null && !halves ? evenEdges(run, text.length) : edgesOf(run, widths),
    y: run.y,
    height: table.height,
    rung: 'glyphs',
    confidence: 1,
    colours: coloursOf(run, widths),
    wraps: run.wraps,
  };
}

/** The text where characters depend on each other, and how many units each character came to (null: one each). */
function inContext({ table, font, shapes }: CellRun): { text: string; widths: number[] | null } {
  const choices: string[] = [];
  for (const shape of shapes) {
    if (shape === RIGHT_HALF) continue;
    choices.push(shape >= 0 ? table.charactersOf(shape, font) : shape === BLANK ? ' ' : '\ufffd');
  }
  const read = toReadingOrder(chooseByWord(choices));
  const text = read.join('');
  return { text, widths: text.length === read.length ? null : read.map((character) => character.length) };
}

function evenEdges({ x, advance }: CellRun, length: number): Int32Array {
  const edges = new Int32Array(length + 1);
  for (let i = 0; i <= length; i++) edges[i] = x + i * advance;
  return edges;
}

/**
 * Edges with wide characters, and with characters that became several units. Where right-to-left text was put into
 * reading order they stay in the order of the screen: the stretch as a whole is where it is, its characters are not.
 */
function edgesOf({ x, advance, shapes }: CellRun, widths: number[] | null): number[] {
  const edges: number[] = [];
  let character = 0;
  for (let cell = 0; cell < shapes.length; cell++) {
    if (shapes[cell] === RIGHT_HALF) continue;
    const cells = shapes[cell + 1] === RIGHT_HALF ? 2 : 1;
    const units = widths?.[character++] ?? 1;
    for (let i = 0; i < units; i++) edges.push(x + Math.round((cell + (i * cells) / units) * advance));
  }
  edges.push(x + shapes.length * advance);
  return edges;
}

/** Runs of equal colours. A blank goes on with the run before it when it has the same ground. */
function coloursOf({ shapes, ink, ground }: CellRun, widths: number[] | null): ColourRun[] {
  const runs: ColourRun[] = [];
  let last: ColourRun | undefined;
  let unit = 0;
  let character = 0;
  for (let cell = 0; cell < shapes.length; cell++) {
    const shape = shapes[cell] ?? BLANK;
    if (shape === RIGHT_HALF) continue;
    const end = unit + (widths?.[character++] ?? 1);
    const background = toRgb(ground[cell] ?? 0);
    const foreground = shape === BLANK ? (last?.foreground ?? background) : toRgb(ink[cell] ?? 0);
    if (last !== undefined && last.background === background && last.foreground === foreground) last.end = end;
    else runs.push((last = { start: unit, end, foreground, background }));
    unit = end;
  }
  return runs;
}

function toRgb(pixel: number): number {
  return ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >>> 16) & 0xff);
}

/** Whether a cell's shape is a letter or digit: what gives signs beside it the sense of text. */
export function isLetter(table: ShapeTable, shape: number): boolean {
  return shape >= 0 && ((table.flags[shape] ?? 0) & LETTER) !== 0;
}
