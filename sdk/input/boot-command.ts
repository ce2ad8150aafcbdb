/**
 * The boot-command language, as people know it from Packer: text with keys and waits in angle brackets,
 * `<esc><wait>auto url={{ .HTTPIP }}<enter>`. This file decides what a command means; `boot-command-run.ts` does it.
 *
 * Beyond Packer's there is `<waitText "regular expression" 60s>`, `<waitStable>`, and `<lt>` for a `<` that would be read
 * as the beginning of a key. A word in angle brackets that does not exist is refused, where Packer types it.
 */
import { bootKey, nearestBootWords } from './boot-command-keys.js';
import type { KeyCode } from './keycodes.js';
import { keyFor, codesOf, type Layout } from './layout.js';
import { nearestNames } from './nearest.js';

/** What a part of a command does. */
export type BootAction =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'press' | 'hold' | 'release'; readonly codes: readonly KeyCode[] }
  /** Guest ms. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Time-outs are guest ms; null is the machine's expect time-out. */
  | { readonly kind: 'wait-text'; readonly pattern: RegExp; readonly timeout: number | null }
  | { readonly kind: 'wait-stable'; readonly timeout: number | null };

export interface BootStep {
  /** Where it begins in the command: 1 is the first character. */
  readonly column: number;
  /** As it is written in the command. */
  readonly source: string;
  readonly action: BootAction;
}

export interface BootMistake {
  readonly column: number;
  readonly source: string;
  readonly expected: string;
  /** Known names that may have been meant. */
  readonly nearest: readonly string[];
}

export type BootCommandReading =
  { readonly kind: 'steps'; readonly steps: readonly BootStep[] } | ({ readonly kind: 'mistake' } & BootMistake);

export interface BootCommandContext {
  /** What the keys of `<xOn>` are found in. */
  readonly layout: Layout;
  /** Values of `{{ .Name }}`. They are typed as they are: what looks like a key in them is none. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What stands at a place of the command. */
type Piece =
  { kind: 'action'; length: number; action: BootAction } | { kind: 'wrong'; mistake: Omit<BootMistake, 'column'> };

/** Packer's `<wait>`, guest ms. */
const PLAIN_WAIT = 1000;

const LITERAL = 'to type a "<" itself, write <lt>';

/** Reads a command. Text that is typed in one go is one step. */
export function readBootCommand(command: string, context: BootCommandContext): BootCommandReading {
  const steps: BootStep[] = [];
  for (let at = 0; at < command.length;) {
    const piece = pieceAt(command.slice(at), context);
    if (piece.kind === 'wrong') return { kind: 'mistake', column: at + 1, ...piece.mistake };
    const { action, length } = piece;
    const source = command.slice(at, at + length);
    const last = steps.at(-1);
    if (action.kind === 'text' && last?.action.kind === 'text') {
      const text = last.action.text + action.text;
      steps[steps.length - 1] = { ...last, source: last.source + source, action: { kind: 'text', text } };
    } else {
      steps.push({ column: at + 1, source, action });
    }
    at += length;
  }
  return { kind: 'steps', steps };
}

function pieceAt(rest: string, context: BootCommandContext): Piece {
  const special = rest.startsWith('<')
    ? (waitAt(rest) ?? toggleAt(rest, context.layout) ?? wordAt(rest))
    : rest.startsWith('{{')
      ? variableAt(rest, context.variables)
      : null;
  if (special !== null) return special;
  // One character at least: a "<" that begins nothing is typed.
  const length = /^[^](?:(?!\{\{)[^<])*/.exec(rest)?.[0].length ?? 1;
  return { kind: 'action', length, action: { kind: 'text', text: rest.slice(0, length) } };
}

function waitAt(rest: string): Piece | null {
  const text = /^<waitText\s+"((?:[^"\\]|\\[^])*)"(?:\s+([^<>\s]*))?\s*>/i.exec(rest);
  if (text !== null) return textWait(text);
  const stable = /^<waitStable(?:\s+([^<>\s]*))?\s*>/i.exec(rest);
  if (stable !== null) {
    const [whole, given] = stable;
    const timeout = given === undefined ? null : milliseconds(given);
    if (timeout === undefined) return wrong(whole, 'a time-out such as 60s or 1m30s: <waitStable 60s>');
    return { kind: 'action', length: whole.length, action: { kind: 'wait-stable', timeout } };
  }
  const plain = /^<wait([^<>]*)>/i.exec(rest);
  if (plain !== null) {
    const [whole, given = ''] = plain;
    const ms = given === '' ? PLAIN_WAIT : milliseconds(given);
    if (ms !== undefined) return { kind: 'action', length: whole.length, action: { kind: 'wait', ms } };
  }
  const begun = /^<wait[^<>]{0,40}>?/i.exec(rest);
  if (begun === null) return null;
  return wrong(begun[0], `<wait>, <wait5> (seconds), <wait1m30s>, <waitText "regular expression" 60s> or <waitStable>`);
}

function textWait([whole, quoted = '', given]: RegExpExecArray): Piece {
  const timeout = given === undefined ? null : milliseconds(given);
  if (timeout === undefined) return wrong(whole, 'a time-out such as 60s or 1m30s: <waitText "login:" 60s>');
  try {
    // Within the quotes only the quote needs a backslash of its own.
    const pattern = new RegExp(quoted.replaceAll('\\"', '"'));
    return { kind: 'action', length: whole.length, action: { kind: 'wait-text', pattern, timeout } };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return wrong(whole, `a regular expression in quotes (${error.message})`);
  }
}

/** `<aOn>`, `<aOff>`: any character as a key to hold. */
function toggleAt(rest: string, layout: Layout): Piece | null {
  const toggle = /^<([^])(On|Off)>/iu.exec(rest);
  if (toggle === null) return null;
  const [whole, character = '', way = ''] = toggle;
  const key = keyFor(character, layout);
  if (key === undefined) return wrong(whole, `a character that one key of the layout "${layout.name}" types`);
  return { kind: 'action', length: whole.length, action: toggleOf(codesOf(key), way) };
}

function toggleOf(codes: readonly KeyCode[], way: string): BootAction {
  return way.toLowerCase() === 'on' ? { kind: 'hold', codes } : { kind: 'release', codes: [...codes].reverse() };
}

/** `<enter>`, `<leftCtrlOn>`, `<lt>`. */
function wordAt(rest: string): Piece | null {
  const word = /^<([a-z][a-z0-9]*)(>?)/i.exec(rest);
  if (word === null) return null;
  const [whole, name = '', end = ''] = word;
  const action = actionOf(name);
  if (end === '') {
    // `a <b` is text; `<enter` has lost its end.
    return action === undefined ? null : wrong(whole, `a ">" after ${whole}; ${LITERAL}`);
  }
  if (action !== undefined) return { kind: 'action', length: whole.length, action };
  return wrong(whole, `the name of a key or a wait; ${LITERAL}`, nearestBootWords(name));
}

function actionOf(name: string): BootAction | undefined {
  if (name.toLowerCase() === 'lt') return { kind: 'text', text: '<' };
  const code = bootKey(name);
  if (code !== undefined) return { kind: 'press', codes: [code] };
  const [, key = '', way = ''] = /^(.+?)(On|Off)$/i.exec(name) ?? [];
  const held = bootKey(key);
  return held === undefined ? undefined : toggleOf([held], way);
}

/** `{{ .HTTPIP }}`; `{{ "{{" }}` for braces that are text. */
function variableAt(rest: string, variables: Readonly<Record<string, string>>): Piece {
  const literal = /^\{\{-?\s*"([^"]*)"\s*-?\}\}/.exec(rest);
  if (literal !== null) {
    const [whole, text = ''] = literal;
    return { kind: 'action', length: whole.length, action: { kind: 'text', text } };
  }
  const [whole = rest.slice(0, 40), name] = /^\{\{\s*\.(\w+)\s*\}\}/.exec(rest) ?? [];
  if (name === undefined) return wrong(whole, 'a variable, {{ .Name }}; to type "{{" itself, write {{ "{{" }}');
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  const names = Object.keys(variables);
  if (value !== undefined) return { kind: 'action', length: whole.length, action: { kind: 'text', text: value } };
  const known = names.length === 0 ? 'there is none' : `there is ${names.join(', ')}`;
  return wrong(whole, `a variable that has a value (${known})`, nearestNames(name, names));
}

function wrong(source: string, expected: string, nearest: readonly string[] = []): Piece {
  return { kind: 'wrong', mistake: { source, expected, nearest } };
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** Go's durations, as Packer takes them (`1m30s`, `1.5s`), and plain numbers, which are seconds; undefined for others. */
function milliseconds(duration: string): number | undefined {
  if (/^\d+$/.test(duration)) return Number(duration) * 1000;
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(duration)) return undefined;
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  return parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
}
