/** The keys of the boot-command language, by the names that Packer gives them. */
import type { KeyCode } from './keycodes.js';
import { nearestNames } from './nearest.js';

/** As they are documented; they are read in any case. */
const KEYS: Readonly<Record<string, KeyCode>> = {
  bs: 'Backspace',
  del: 'Delete',
  enter: 'Enter',
  return: 'Enter',
  esc: 'Escape',
  tab: 'Tab',
  f1: 'F1',
  f2: 'F2',
  f3: 'F3',
  f4: 'F4',
  f5: 'F5',
  f6: 'F6',
  f7: 'F7',
  f8: 'F8',
  f9: 'F9',
  f10: 'F10',
  f11: 'F11',
  f12: 'F12',
  up: 'ArrowUp',
  down: 'ArrowDown',
  left: 'ArrowLeft',
  right: 'ArrowRight',
  spacebar: 'Space',
  insert: 'Insert',
  home: 'Home',
  end: 'End',
  pageUp: 'PageUp',
  pageDown: 'PageDown',
  menu: 'ContextMenu',
  leftAlt: 'AltLeft',
  rightAlt: 'AltRight',
  leftCtrl: 'ControlLeft',
  rightCtrl: 'ControlRight',
  leftShift: 'ShiftLeft',
  rightShift: 'ShiftRight',
  leftSuper: 'MetaLeft',
  rightSuper: 'MetaRight',
};

/** What people write out of habit, and the name that it has here. */
const HABITS: Readonly<Record<string, string>> = {
  alt: 'leftAlt',
  arrowdown: 'down',
  arrowleft: 'left',
  arrowright: 'right',
  arrowup: 'up',
  backspace: 'bs',
  control: 'leftCtrl',
  ctrl: 'leftCtrl',
  delete: 'del',
  escape: 'esc',
  ins: 'insert',
  meta: 'leftSuper',
  pgdn: 'pageDown',
  pgup: 'pageUp',
  shift: 'leftShift',
  space: 'spacebar',
  super: 'leftSuper',
  win: 'leftSuper',
};

const BY_FOLDED_NAME: ReadonlyMap<string, KeyCode> = new Map(
  Object.entries(KEYS).map(([name, code]) => [name.toLowerCase(), code]),
);

/** Words in angle brackets that are no keys. */
const OTHER_WORDS = ['wait', 'waitText', 'waitStable', 'lt'];

export function bootKey(name: string): KeyCode | undefined {
  return BY_FOLDED_NAME.get(name.toLowerCase());
}

/** What may have been meant by an unknown word, nearest first. Keeps its `On` or `Off`. */
export function nearestBootWords(word: string): string[] {
  const [, name = word, toggle = ''] = /^(.+?)(On|Off)$/i.exec(word) ?? [];
  const habit = name.toLowerCase();
  if (Object.hasOwn(HABITS, habit)) return [`${HABITS[habit] ?? ''}${toggle}`];
  return nearestNames(name, [...Object.keys(KEYS), ...(toggle === '' ? OTHER_WORDS : [])]).map((n) => n + toggle);
}
