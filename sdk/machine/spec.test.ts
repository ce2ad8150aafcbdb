import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { parseSpec } from './spec.js';

function refusal(input: unknown): string {
  try {
    parseSpec(input);
  } catch (error) {
    if (error instanceof GuestwrightError) return `${error.kind}/${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

test('text is recognised as English unless other languages are named', () => {
  expect(parseSpec({}).ocr.languages).toEqual(['eng']);
  expect(parseSpec({ ocr: {} }).ocr.languages).toEqual(['eng']);
  expect(parseSpec({ ocr: { languages: ['deu', 'chi_sim'] } }).ocr.languages).toEqual(['deu', 'chi_sim']);
});

test.each([
  [{ languages: ['en'] }, 'ocr.languages.0'],
  [{ languages: ['eng', '../deu'] }, 'ocr.languages.1'],
  [{ languages: 'eng' }, 'ocr.languages'],
  [{ language: 'eng' }, 'ocr'],
])('ocr: %j is refused by the name of its field', (ocr, field) => {
  const words = refusal({ ocr });
  expect(words).toContain('usage/spec-invalid');
  expect(words).toContain(`${field}: `);
});
