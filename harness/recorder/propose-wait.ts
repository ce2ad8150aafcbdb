/** Decides what a scenario waits for before it goes on, from what had appeared when its user went on. */
import type { GuestTime } from '../../sdk/engines/engine.js';
import type { TextPage } from '../../sdk/screen/page.js';
import { findText } from '../../sdk/screen/text.js';

/** What the screen said at one instant. */
export interface ReadLook {
  at: GuestTime;
  page: TextPage;
}

export interface WaitQuestion {
  /** When the input before went in, and what the screen said then. Null: there was none yet, and the machine had just started. */
  before: ReadLook | null;
  /** What it said since, in order; each stands until the next. */
  looks: readonly ReadLook[];
  now: GuestTime;
  /** What was typed lately: its echo is nothing to wait for. */
  typed: string;
  /** What must be in no file. */
  secrets?: readonly string[];
}

export type WaitProposal =
  | { kind: 'nothing' }
  /** @param afterMs guest ms from the input before until it stood there */
  | { kind: 'wait'; text: string; exact: boolean; afterMs: GuestTime };

/** Guest ms after which a text stands still: what has stood for less is only named where there is nothing else. */
export const STABLE_MS = 300;

/** Characters of a text that is waited for: enough to know it by, and still a line of a scenario. */
const LONGEST = 60;

/**
 * The lowest row that is new and stands still is what the user most likely waited for: a prompt, a question, a menu. What is
 * proposed was to be seen at no instant before since the last input, so the scenario cannot run ahead of the guest; and it
 * holds no digits: times, sizes and addresses are others on another machine.
 */
export function proposeWait(question: WaitQuestion): WaitProposal {
  const proposal = lowestNew(question, STABLE_MS);
  // Who goes on at once has seen it all the same.
  return proposal.kind === 'wait' ? proposal : lowestNew(question, 0);
}

function lowestNew({ before, looks, now, typed, secrets = [] }: WaitQuestion, stableMs: GuestTime): WaitProposal {
  const last = looks.at(-1);
  if (last === undefined) return { kind: 'nothing' };
  const old = before?.page ?? { rows: [] };
  const rows = last.page.rows;
  for (let index = rows.length - 1; index >= 0; index--) {
    const text = textOf(last.page, index);
    if (text === '' || !isNew(text, last.page, old)) continue;
    if (isEcho(last.page, index, old, typed) || secrets.some((secret) => text.includes(secret))) continue;
    const since = standsSince(text, looks);
    if (now - since < stableMs) continue;
    const earlier = [...(before === null ? [] : [before]), ...looks].filter(({ at }) => at < since);
    for (const candidate of candidatesOf(text)) {
      if (!names(last.page, candidate) || earlier.some(({ page }) => names(page, candidate))) continue;
      return { kind: 'wait', ...candidate, afterMs: since - (before?.at ?? 0) };
    }
  }
  return { kind: 'nothing' };
}

interface Candidate {
  text: string;
  exact: boolean;
}

/** The dearest first: what reads best and breaks least. */
function candidatesOf(row: string): Candidate[] {
  const pieces = withoutDigits(row);
  const [longest] = pieces;
  return [
    ...(longest === undefined ? [] : [{ text: longest, exact: false }]),
    ...(/\d/.test(row) || row.length > LONGEST || isFrame(row) ? [] : [{ text: row, exact: true }]),
  ];
}

/** What stands between words with digits, and between the lines of a frame; the longest first. */
function withoutDigits(row: string): string[] {
  return row
    .split(/[\u2500-\u259f]+|\S*\d\S*/u)
    .map((piece) => shortened(piece.trim()))
    .filter((piece) => /\p{L}{2}/u.test(piece) || /\S\S/.test(piece.replaceAll(/[\p{L}\s]/gu, '')))
    .sort((a, b) => b.length - a.length);
}

/** At a word's end. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const cut = text.slice(0, LONGEST + 1);
  const end = cut.lastIndexOf(' ');
  return end <= 0 ? text.slice(0, LONGEST) : cut.slice(0, end);
}

function isFrame(row: string): boolean {
  return /[\u2500-\u259f]/.test(row);
}

function textOf({ rows }: TextPage, index: number): string {
  return (rows[index]?.text ?? '').trim();
}

function names(page: TextPage, { text, exact }: Candidate): boolean {
  return findText(page, text, { exact }).length > 0;
}

/** A row that was there as often before is not what has appeared. */
function isNew(text: string, page: TextPage, old: TextPage): boolean {
  const count = ({ rows }: TextPage): number => rows.filter((row) => row.text.trim() === text).length;
  return count(page) > count(old);
}

/** From when on every look has it. */
function standsSince(text: string, looks: readonly ReadLook[]): GuestTime {
  const from = looks.findLastIndex(({ page }) => !page.rows.some((row) => row.text.trim() === text)) + 1;
  return looks[from]?.at ?? Infinity;
}

/** A row that is what was typed (or stars for it), or has only got that in addition. */
function isEcho(page: TextPage, index: number, old: TextPage, typed: string): boolean {
  const row = (page.rows[index]?.text ?? '').trimEnd();
  const wasTyped = (text: string): boolean => text !== '' && (typed.includes(text) || /^[*•]+$/.test(text));
  // An answer that repeats a word of the question says no more than its echo.
  if (wasTyped(row.trim())) return true;
  return old.rows.some((before) => {
    const { from, to } = between(before.text.trimEnd(), row);
    return from.trim() === '' && before.text.trim() !== '' && wasTyped(to.trim());
  });
}

/** What two texts have between the beginning and the end that they share. */
function between(from: string, to: string): { from: string; to: string } {
  let start = 0;
  const shorter = Math.min(from.length, to.length);
  while (start < shorter && from[start] === to[start]) start++;
  let end = 0;
  while (end < shorter - start && from.at(-1 - end) === to.at(-1 - end)) end++;
  return { from: from.slice(start, from.length - end), to: to.slice(start, to.length - end) };
}
