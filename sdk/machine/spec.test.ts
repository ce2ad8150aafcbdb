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

test.each<[string, Record<string, unknown>, RegExp]>([
  ['v86', { engine: 'v86' }, /record: v86 is bit-exact/],
  ['hardware acceleration', { accelerator: 'kvm' }, /accelerator: .*only tcg counts/],
  ['several processors', { smp: 2 }, /smp: .*one processor/],
  ['the virtual clock', { clock: 'virtual' }, /clock: .*QEMU logs no input/],
  ['another architecture', { architecture: 'aarch64' }, /architecture: only a PC/],
  ['UEFI', { firmware: 'uefi' }, /firmware: only a PC with a BIOS/],
  ['an overlay', { disks: [{ sizeMb: 1, overlay: 'kept.qcow2' }] }, /disks: .*leave the overlay out/],
  ['a saved state', { state: 'saved' }, /state: a recording begins/],
  ['a web server for the guest', { network: { http: true } }, /network: .*no machine\.http/],
])('a run is not recorded with %s, and the message says why', (_what, fields, message) => {
  expect(() => parseSpec({ engine: 'qemu', record: true, ...fields })).toThrow(message);
});

test('what can be recorded is accepted', () => {
  expect(parseSpec({ engine: 'qemu', record: true, accelerator: 'tcg' })).toMatchObject({
    record: true,
    clock: 'free',
  });
});
