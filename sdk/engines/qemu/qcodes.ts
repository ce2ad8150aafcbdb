/** QEMU's names of keys (`QKeyCode` in its `qapi/ui.json`) for physical keys. */
import type { KeyCode } from '../../input/keycodes.js';

const NAMED: Partial<Record<KeyCode, string>> = {
  Escape: 'esc',
  PrintScreen: 'print',
  ScrollLock: 'scroll_lock',
  Pause: 'pause',
  Backquote: 'grave_accent',
  Minus: 'minus',
  Equal: 'equal',
  Backspace: 'backspace',
  Tab: 'tab',
  BracketLeft: 'bracket_left',
  BracketRight: 'bracket_right',
  Backslash: 'backslash',
  CapsLock: 'caps_lock',
  Semicolon: 'semicolon',
  Quote: 'apostrophe',
  Enter: 'ret',
  ShiftLeft: 'shift',
  IntlBackslash: 'less',
  Comma: 'comma',
  Period: 'dot',
  Slash: 'slash',
  ShiftRight: 'shift_r',
  ControlLeft: 'ctrl',
  MetaLeft: 'meta_l',
  AltLeft: 'alt',
  Space: 'spc',
  AltRight: 'alt_r',
  MetaRight: 'meta_r',
  ContextMenu: 'menu',
  ControlRight: 'ctrl_r',
  Insert: 'insert',
  Home: 'home',
  PageUp: 'pgup',
  Delete: 'delete',
  End: 'end',
  PageDown: 'pgdn',
  ArrowUp: 'up',
  ArrowLeft: 'left',
  ArrowDown: 'down',
  ArrowRight: 'right',
  NumLock: 'num_lock',
  NumpadDivide: 'kp_divide',
  NumpadMultiply: 'kp_multiply',
  NumpadSubtract: 'kp_subtract',
  NumpadAdd: 'kp_add',
  NumpadEnter: 'kp_enter',
  NumpadDecimal: 'kp_decimal',
  IntlRo: 'ro',
  IntlYen: 'yen',
};

/** `KeyA` is `a`, `Digit1` is `1`, `Numpad7` is `kp_7`, `F12` is `f12`; the rest has names of its own. */
export function qcodeOf(code: KeyCode): string {
  const named = NAMED[code];
  if (named !== undefined) return named;
  const [, prefix = '', rest = ''] = /^(Key|Digit|Numpad|)(.+)$/.exec(code) ?? [];
  return `${prefix === 'Numpad' ? 'kp_' : ''}${rest.toLowerCase()}`;
}
