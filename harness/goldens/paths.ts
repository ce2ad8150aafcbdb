/** Where a golden lies: `golden-screens/<guest>/<scenario>/<name>.png`, and its `.txt` beside it. */
import { basename, join } from 'node:path';
import { GuestwrightError } from '../../sdk/errors.js';

export const GOLDEN_FOLDER = 'golden-screens';

export interface GoldenPaths {
  /** Sanitised, without its ending: attachments are named by it. */
  name: string;
  png: string;
  /** Only there for a text screen. */
  txt: string;
}

export interface GoldenAddress {
  /** Folder that holds `golden-screens`: the config's. */
  root: string;
  guest: string;
  /** The scenario's file. */
  scenario: string;
  /** As the scenario gives it, with or without `.png`; or made from the test's title and a number. */
  name: string;
}

/** @throws GuestwrightError `usage/golden-name` when nothing of the name is left */
export function goldenPaths({ root, guest, scenario, name }: GoldenAddress): GoldenPaths {
  const safe = sanitiseName(name.replace(/\.png$/i, ''));
  if (safe === '') {
    throw new GuestwrightError(`"${name}" cannot be a golden's name`, {
      kind: 'usage',
      code: 'golden-name',
      expected: 'a name with a letter or a digit, for example "menu"',
      seen: `"${name}"`,
    });
  }
  const folder = join(root, GOLDEN_FOLDER, sanitiseName(guest), sanitiseName(scenarioName(scenario)));
  return { name: safe, png: join(folder, `${safe}.png`), txt: join(folder, `${safe}.txt`) };
}

/** Name of a golden that the scenario gave none: the test's title and a number from 1. */
export function unnamedGolden(title: string, number: number): string {
  return `${title}-${number}`;
}

/** `grub-rescue` of `/x/scenarios/grub-rescue.spec.ts`. */
export function scenarioName(file: string): string {
  return basename(file).replace(/\.(spec|test)\.[cm]?[jt]sx?$/, '');
}

/**
 * A file name that is legal, and the same, everywhere: letters, digits, dots and hyphens. Any other run of characters
 * (an underscore too: the report's slider splits names there) becomes one hyphen; none at the ends.
 */
export function sanitiseName(name: string): string {
  return name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}.]+/gu, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 120);
}
