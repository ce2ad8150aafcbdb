/** What a recording is made of: what its user did with the machine, and what the scenario waits for and expects in between. */
import type { Region } from '../../sdk/screen/content.js';
import type { GuestTime } from '../../sdk/engines/engine.js';
import type { MouseButton } from '../../sdk/machine/types.js';

/** A text that a wait or an assertion names. */
export interface ShownText {
  text: string;
  /** It is all that stands on its row. */
  exact: boolean;
  /** Guest ms; null: the default will do. */
  timeout: number | null;
}

export type Act =
  | { kind: 'type'; text: string; secret: boolean }
  | { kind: 'press'; chord: string }
  /** On the nth place of a text that the screen shows. */
  | { kind: 'click-text'; text: string; nth: number }
  | { kind: 'click'; x: number; y: number; button: MouseButton; count: number }
  | { kind: 'drag'; from: { x: number; y: number }; to: { x: number; y: number } }
  | { kind: 'wheel'; dy: number }
  /** Was proposed: what had appeared before the user went on. */
  | ({ kind: 'wait' } & ShownText)
  /** Was asked for. */
  | ({ kind: 'expect' } & ShownText)
  | { kind: 'golden'; name: string; clip: Region | null; masks: readonly Region[] }
  /** The guest has powered itself off. */
  | { kind: 'off' };

export interface RecordedAct {
  /** From 1, never used again. */
  id: number;
  /** When it began. */
  at: GuestTime;
  act: Act;
}

/** Whether it only looks: such an act can be taken out without anything else becoming untrue. */
export function looksOnly({ kind }: Act): boolean {
  return kind === 'wait' || kind === 'expect' || kind === 'golden' || kind === 'off';
}
