/** What the generated files in `layouts/` hold. `layout.ts` makes of it what can be looked up. */
import type { KeyCode } from './keycodes.js';

export interface LayoutData {
  readonly name: string;
  /** For people: `German (Switzerland)`. */
  readonly title: string;
  /** What XKB calls it; most systems' settings know it by that. The variant may be empty. */
  readonly xkb: { readonly layout: string; readonly variant: string };
  /**
   * What a key types alone, with Shift, with AltGr and with both: a character (one code point), the name of a dead key
   * (`dead_acute`), or an empty string for nothing. Trailing nothings are left out.
   */
  readonly keys: Readonly<Partial<Record<KeyCode, readonly string[]>>>;
}

/** What a dead key makes of the key after it. */
export interface DeadKeyData {
  /** With the space bar. */
  readonly space: string | null;
  /** Pressed twice. */
  readonly again: string | null;
  /** Characters in turns: what is typed after it, and what both make. */
  readonly pairs: readonly string[];
}
