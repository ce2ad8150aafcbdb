/** `guestwright golden accept`: shows what the last run refused, and makes it the golden. */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { decodePng, encodePng } from '../../../sdk/reading/png.js';
import { decodeTextGolden, diffTextScreens } from '../../../sdk/screen/text-diff.js';
import { writeGolden } from '../../goldens/store.js';
import type { Ask } from '../ask.js';
import { drawInTerminal, type TerminalPictures } from '../terminal-picture.js';
import type { Pending } from './state.js';

/**
 * Those that are asked for: by `<guest>/<scenario>/<name>`, by the name alone, or by the golden's file.
 * @throws GuestwrightError `usage/golden-not-pending`
 */
export function selectPending(pending: readonly Pending[], names: readonly string[]): Pending[] {
  if (names.length === 0) return [...pending];
  return names.flatMap((name) => {
    const asked = name
      .replaceAll('\\', '/')
      .replace(/^\.\//, '')
      .replace(/^golden-screens\//, '')
      .replace(/\.png$/, '');
    const found = pending.filter((one) => one.name === asked || one.name.endsWith(`/${asked}`));
    if (found.length > 0) return found;
    throw new GuestwrightError(`The last run did not refuse a golden "${name}"`, {
      kind: 'usage',
      code: 'golden-not-pending',
      expected:
        pending.length === 0 ? 'one that was refused: there are none' : pending.map((one) => one.name).join('\n'),
      next: 'guestwright golden list',
    });
  });
}

export interface AcceptOptions {
  /** Asks for each; null accepts all without. */
  ask: Ask | null;
  pictures: TerminalPictures;
  print: (text: string) => void;
}

export interface Accepted {
  accepted: string[];
  rejected: string[];
  /** Not accepted, as the golden has been replaced since the run. */
  outdated: string[];
}

/** Goes through what is pending; stops when the answer is to quit. */
export async function acceptGoldens(pending: readonly Pending[], options: AcceptOptions): Promise<Accepted> {
  const { ask, print } = options;
  const result: Accepted = { accepted: [], rejected: [], outdated: [] };
  for (const [i, one] of pending.entries()) {
    if (one.state === 'golden-changed') {
      print(`${one.name}: the golden is another one than the last run compared with; run again to compare with it\n`);
      result.outdated.push(one.name);
      continue;
    }
    print(await describe(one, `${i + 1}/${pending.length}`, options.pictures));
    const answer = ask === null ? 'yes' : await ask('Accept this as the golden?', ['yes', 'no', 'quit']);
    if (answer === 'quit') {
      result.rejected.push(...pending.slice(i).map(({ name }) => name));
      break;
    }
    if (answer === 'no') {
      result.rejected.push(one.name);
      continue;
    }
    await accept(one);
    print(`Golden written: ${relative(process.cwd(), one.paths.png)}\n\n`);
    result.accepted.push(one.name);
  }
  return result;
}

/** As a run with `-u` would have written it. */
async function accept({ paths, actual, text }: Pending): Promise<void> {
  const picture = decodePng(await readFile(actual), actual);
  const txt = text === null ? null : await readFile(text, 'utf8');
  await writeGolden(paths, { png: encodePng(picture, { effort: 'small' }), txt });
}

async function describe(pending: Pending, number: string, pictures: TerminalPictures): Promise<string> {
  const { name, record, actual, diff } = pending;
  const shown = (file: string): string => relative(process.cwd(), file);
  const lines = [
    `${number}  ${name}`,
    `  refused by: ${record.test}`,
    record.comparedWith === null ? '  there is no golden yet' : `  golden: ${shown(pending.paths.png)}`,
    `  seen:   ${shown(actual)}`,
  ];
  if (diff !== null) lines.push(`  differs: ${shown(diff)}`);
  for (const file of [actual, diff]) {
    const drawn = file === null ? null : drawInTerminal(await readFile(file), pictures);
    if (drawn !== null) lines.push(drawn);
  }
  const words = await diffTexts(pending);
  if (words !== null) lines.push('', words);
  return `${lines.join('\n')}\n`;
}

/** Rows that differ; null where one of the two is no text screen, or all cells are equal. */
async function diffTexts({ record, paths, text }: Pending): Promise<string | null> {
  if (record.comparedWith === null || text === null) return null;
  const expected = await readFile(paths.txt, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  if (expected === null) return null;
  const actual = decodeTextGolden(await readFile(text, 'utf8'), text);
  const words = diffTextScreens(decodeTextGolden(expected, paths.txt), actual);
  return words === '' ? null : words;
}
