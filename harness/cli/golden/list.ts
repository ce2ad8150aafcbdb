/** `guestwright golden list`: words for what is there. */
import type { GoldenOnDisk, GoldenState } from './state.js';

/** What `--json` prints. */
export interface GoldenListing extends GoldenOnDisk {
  /** Whether the last run refused it, and it has not changed since. */
  pending: boolean;
}

export function listGoldens({ goldens, pending }: GoldenState): GoldenListing[] {
  const open = new Set(pending.filter(({ state }) => state === 'open').map(({ name }) => name));
  return goldens.map((golden) => ({ ...golden, pending: open.has(golden.name) }));
}

export function wordList(state: GoldenState): string {
  const { goldens, pending, run } = state;
  const open = pending.filter(({ record, state }) => state === 'open' && record.comparedWith !== null);
  const fresh = pending.filter(({ record, state }) => state === 'open' && record.comparedWith === null);
  const listed = listGoldens(state);
  const wide = (field: (golden: GoldenListing) => string): number =>
    Math.max(0, ...listed.map((golden) => field(golden).length));
  const name = wide((golden) => golden.name);
  const size = wide(wordSize);
  const lines = listed.map((golden) =>
    `${golden.name.padEnd(name)}  ${wordSize(golden).padEnd(size)}  ${golden.kind.padEnd(7)}  ${wordUse(golden)}`.trimEnd(),
  );
  for (const { name } of fresh) lines.push(`${name}  there is none, and the last run did not write it`);
  lines.push('', `${count(goldens.length, 'golden')}${run === null ? '; no run is known: guestwright run' : ''}`);
  const waiting = open.length + fresh.length;
  if (waiting > 0) lines.push(`${waiting} to look at: guestwright golden accept`);
  return `${lines.join('\n').trimStart()}\n`;
}

function wordSize({ width, height }: GoldenOnDisk): string {
  return `${width}x${height}`;
}

function wordUse({ used, pending }: GoldenListing): string {
  if (pending) return 'differs from what the last run saw';
  return used === false ? 'not used by the last run' : '';
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
