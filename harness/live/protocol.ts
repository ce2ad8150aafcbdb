/** What a page of a live machine and its host say to each other. A picture is a message of its own: a PNG file's bytes. */
import { z } from 'zod';

const point = z.object({ x: z.number().int().min(0).max(16_384), y: z.number().int().min(0).max(16_384) });
const region = z.object({
  ...point.shape,
  width: z.number().int().min(1).max(16_384),
  height: z.number().int().min(1).max(16_384),
});

/** Of the page. */
export const fromPage = z.discriminatedUnion('kind', [
  /** The last picture is on the screen, and the next may come. */
  z.object({ kind: z.literal('shown') }),
  z.object({
    kind: z.literal('key'),
    key: z.string().min(1).max(32),
    ctrlKey: z.boolean(),
    altKey: z.boolean(),
    metaKey: z.boolean(),
    shiftKey: z.boolean(),
    /** What is typed is a secret, and in no file. */
    secret: z.boolean(),
  }),
  z.object({ kind: z.literal('move'), ...point.shape }),
  z.object({
    kind: z.literal('click'),
    ...point.shape,
    button: z.enum(['left', 'middle', 'right']),
    count: z.number().int().min(1).max(3),
  }),
  z.object({ kind: z.literal('drag'), from: point, to: point }),
  z.object({ kind: z.literal('wheel'), dy: z.number().int().min(-50).max(50) }),
  z.object({ kind: z.literal('pause'), paused: z.boolean() }),
  /** Recording: back to before this act. */
  z.object({ kind: z.literal('undo'), id: z.number().int() }),
  /** Recording: takes out an act that only looks. */
  z.object({ kind: z.literal('remove'), id: z.number().int() }),
  /** Recording: the screen, or a part of it, is to look so. */
  z.object({ kind: z.literal('golden'), name: z.string().max(120), clip: region.nullable() }),
  /** Recording: the text in this part of the screen is to be there. */
  z.object({ kind: z.literal('expect'), region }),
  /** Recording: this text is to be there. */
  z.object({ kind: z.literal('expectText'), text: z.string().trim().min(1).max(500) }),
  /** Paused test: is this text on the screen? */
  z.object({ kind: z.literal('try'), text: z.string().min(1).max(500) }),
  /** Paused test: goes on to the next action, goes on, or ends. Recording: is done. */
  z.object({ kind: z.literal('go'), how: z.enum(['step', 'resume', 'stop', 'finish']) }),
]);

export type FromPage = z.infer<typeof fromPage>;

export interface MachineState {
  name: string;
  engine: string;
  /** Guest ms. */
  time: number;
  state: string;
  paused: boolean;
  /** The screen is in a graphic mode: where the pointer is may be seen on it. */
  graphic: boolean;
}

export interface RecordedLine {
  id: number;
  /** Line of the scenario. */
  code: string;
  /** Guest ms. */
  at: number;
  /** It can be taken out by itself. */
  looksOnly: boolean;
}

/** To the page. */
export type ToPage =
  | { kind: 'machine'; machine: MachineState }
  /** Rows of a text screen; null where the screen is in a graphic mode or blank. */
  | { kind: 'text'; rows: string[] | null }
  | { kind: 'recording'; file: string; lines: RecordedLine[]; code: string; busy: boolean }
  | {
      kind: 'test';
      title: string;
      /** What it failed of; null: it has not failed. */
      error: string | null;
      /** The action that comes next; null: it is over. */
      next: string | null;
      canStep: boolean;
    }
  /** For the user: what could not be done, or was found. */
  | { kind: 'said'; words: string; bad: boolean }
  /** There is nothing more to come. */
  | { kind: 'over'; words: string };
