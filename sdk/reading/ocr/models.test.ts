import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { GuestwrightError } from '../../errors.js';
import { digestOfModel, findModels } from './models.js';

function failureOf(run: () => unknown): GuestwrightError {
  try {
    run();
  } catch (error) {
    if (error instanceof GuestwrightError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A project with a package of models for a language, with the given variants. */
async function withProject(language: string, variants: string[], use: (project: string) => void): Promise<void> {
  const project = await mkdtemp(path.join(tmpdir(), 'guestwright-ocr-'));
  try {
    const folder = path.join(project, 'node_modules', '@tesseract.js-data', language);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name: `@tesseract.js-data/${language}` }));
    for (const variant of variants) {
      await mkdir(path.join(folder, variant));
      await writeFile(path.join(folder, variant, `${language}.traineddata.gz`), variant);
    }
    use(project);
  } finally {
    await rm(project, { recursive: true });
  }
}

test('a language that is not installed is named, with the command that installs it', () => {
  const error = failureOf(() => findModels(['eng', 'qqq'], process.cwd()));
  expect(error.failure).toMatchObject({
    kind: 'infrastructure',
    code: 'ocr-language-missing',
    next: 'npm install --save-dev @tesseract.js-data/qqq',
  });
  expect(error.message).toContain('The OCR language qqq is not installed');
});

test("the project's package goes before Guestwright's own", async () => {
  await withProject('eng', ['4.0.0', '4.0.0_best_int'], (project) => {
    const [model] = findModels(['eng'], project);
    expect(model?.file.endsWith(path.join('eng', '4.0.0_best_int', 'eng.traineddata.gz'))).toBe(true);
    expect(model?.file).toContain(path.basename(project));
  });
});

test("Guestwright's own English is there for a project without packages", async () => {
  await withProject('deu', ['4.0.0'], (project) => {
    const [german, english] = findModels(['deu', 'eng'], project);
    expect(german?.file).toContain(path.basename(project));
    expect(english?.file).not.toContain(path.basename(project));
  });
});

test('a package without models counts as missing', async () => {
  await withProject('deu', [], (project) => {
    expect(failureOf(() => findModels(['deu'], project)).code).toBe('ocr-language-missing');
  });
});

test.each([[['../../etc']], [['en']], [['']], [[]]])('%j is refused as no language', (languages) => {
  expect(failureOf(() => findModels(languages, process.cwd()))).toMatchObject({
    kind: 'usage',
    code: 'ocr-language-invalid',
  });
});

test('the digest of a model follows its bytes', async () => {
  await withProject('abc', ['4.0.0'], (project) => {
    const digests = findModels(['abc', 'eng'], project).map(digestOfModel);
    expect(new Set(digests).size).toBe(2);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{16}$/);
  });
});
