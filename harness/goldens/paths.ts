/**
 * Where a golden lies: `golden-screens/<guest>/<scenario>/<name>.png`, and beside it its `.txt`, its click points and
 * other pictures that are as good: `<name>@<variant>.png`.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GuestwrightError } from '../../sdk/errors.js';

export const GOLDEN_FOLDER = 'golden-screens';

export interface GoldenPaths {
  /** Sanitised, without its ending: attachments are named by it. A variant's ends in `@<variant>`. */
  name: string;
  png: string;
  /** Only there for a text screen. */
  txt: string;
  /** Click points; only there when somebody has written them. */
  points: string;
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
  return pathsIn(folder, safe);
}

function pathsIn(folder: string, name: string): GoldenPaths {
  const beside = (ending: string) => join(folder, `${name}.${ending}`);
  return { name, png: beside('png'), txt: beside('txt'), points: beside('points.json') };
}

/** A golden and its variants, as far as they are there: the plain one first, then by name. */
export async function existingPaths({ name, png }: GoldenPaths): Promise<GoldenPaths[]> {
  const folder = dirname(png);
  const there = new Set(await namesIn(folder));
  const variants = [...there].filter((file) => file.startsWith(`${name}@`) && file.endsWith('.png'));
  const files = [...(there.has(`${name}.png`) ? [`${name}.png`] : []), ...variants.sort()];
  return files.map((file) => pathsIn(folder, file.slice(0, -'.png'.length)));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
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
