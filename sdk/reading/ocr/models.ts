/** Where the models of OCR languages are: in packages that the project, or Guestwright itself, depends on. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { GuestwrightError } from '../../errors.js';

export interface Model {
  /** In tesseract's terms: `eng`, `chi_sim`. */
  language: string;
  /** Its `.traineddata.gz`. */
  file: string;
}

/**
 * Folders of the packages, the preferred one first. Both read the lines of the shared screens alike; `best_int` is a
 * quarter of the size and starts in half the time, because it holds no model of the old engine.
 */
const VARIANTS = ['4.0.0_best_int', '4.0.0'];

/** What tesseract's languages are named like. */
export const LANGUAGE_NAME = /^[a-z_]{3,}$/i;

/**
 * Finds the model of each language.
 * @param project the folder whose packages are looked at before Guestwright's own
 * @throws GuestwrightError `usage/ocr-language-invalid` for what cannot be a language's name,
 *   `infrastructure/ocr-language-missing` with the command that installs it
 */
export function findModels(languages: readonly string[], project: string): Model[] {
  if (languages.length === 0) throw invalid('(none)');
  return languages.map((language) => {
    if (!LANGUAGE_NAME.test(language)) throw invalid(language);
    const resolvers = [createRequire(path.join(project, 'package.json')), createRequire(import.meta.url)];
    for (const resolver of resolvers) {
      const file = fileOf(resolver, language);
      if (file !== null) return { language, file };
    }
    throw new GuestwrightError(`The OCR language ${language} is not installed`, {
      kind: 'infrastructure',
      code: 'ocr-language-missing',
      expected: `the package @tesseract.js-data/${language} in ${project}, or in a folder above it`,
      seen: 'no such package',
      next: `npm install --save-dev @tesseract.js-data/${language}`,
    });
  });
}

function invalid(language: string): GuestwrightError {
  return new GuestwrightError(`${JSON.stringify(language)} is not the name of an OCR language`, {
    kind: 'usage',
    code: 'ocr-language-invalid',
    expected: "tesseract's names, at least one: eng, deu, chi_sim",
    seen: language,
    next: 'correct the field ocr.languages of the machine spec',
  });
}

function fileOf(resolver: NodeJS.Require, language: string): string | null {
  let manifest: string;
  try {
    manifest = resolver.resolve(`@tesseract.js-data/${language}/package.json`);
  } catch {
    return null;
  }
  const files = VARIANTS.map((variant) => path.join(path.dirname(manifest), variant, `${language}.traineddata.gz`));
  return files.find((file) => existsSync(file)) ?? null;
}

const digests = new Map<string, string>();

/** The start of a model's SHA-256; the file is read once in a process for as long as it is not changed. */
export function digestOfModel({ file }: Model): string {
  const { size, mtimeMs } = statSync(file);
  const key = `${file}:${size}:${mtimeMs}`;
  let digest = digests.get(key);
  if (digest === undefined) {
    digest = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
    digests.set(key, digest);
  }
  return digest;
}
