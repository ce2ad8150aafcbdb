import { crc32, deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import type { Picture } from '../screen/picture.js';
import { decodePng, encodePng } from './png.js';

function sample(width: number, height: number, alpha = 255): Picture {
  const rgba = Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? alpha : (i * 7) & 255));
  return { width, height, rgba };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GuestwrightError) return `${error.kind}/${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing was thrown';
}

test.each(['fast', 'small'] as const)('what is encoded %s is decoded to the same pixels', (effort) => {
  const picture = sample(31, 17);
  expect(decodePng(encodePng(picture, { effort }), 'a.png')).toEqual(picture);
});

test('transparency survives', () => {
  const picture = sample(3, 2, 128);
  expect(decodePng(encodePng(picture), 'a.png')).toEqual(picture);
});

test('the same picture gives the same bytes', () => {
  expect(encodePng(sample(40, 40), { effort: 'small' })).toEqual(encodePng(sample(40, 40), { effort: 'small' }));
});

test('small is no larger than fast', () => {
  const flat: Picture = { width: 300, height: 200, rgba: new Uint8Array(4 * 300 * 200).fill(255) };
  expect(encodePng(flat, { effort: 'small' }).length).toBeLessThanOrEqual(encodePng(flat).length);
});

test('a picture inside a larger buffer is encoded from its own bytes', () => {
  const { rgba } = sample(4, 4);
  const larger = new Uint8Array(200);
  larger.set(rgba, 60);
  const picture = { width: 4, height: 4, rgba: larger.subarray(60, 60 + 64) };
  expect(decodePng(encodePng(picture), 'a.png').rgba).toEqual(rgba);
});

test.each([
  ['an empty file', new Uint8Array(0), 'the file is empty'],
  ['a text', new TextEncoder().encode('not a picture at all, but long enough to be one'), 'PNG signature'],
  ['a file cut in its header', encodePng(sample(9, 9)).subarray(0, 20), 'ends after 20 bytes'],
])('%s is refused with the name of the file', (_, bytes, reason) => {
  const words = codeOf(() => decodePng(bytes, 'golden-screens/menu.png'));
  expect(words).toContain('usage/png-invalid: golden-screens/menu.png is not a readable PNG picture');
  expect(words).toContain(reason);
});

test('a file cut in its pixels is refused', () => {
  const whole = encodePng(sample(64, 64));
  expect(codeOf(() => decodePng(whole.subarray(0, whole.length - 40), 'cut.png'))).toContain(
    'usage/png-invalid: cut.png',
  );
});

test('a damaged file is refused', () => {
  const bytes = encodePng(sample(64, 64)).slice();
  bytes.fill(0x55, 60, 90);
  expect(codeOf(() => decodePng(bytes, 'bad.png'))).toContain('usage/png-invalid: bad.png');
});

test('a header that claims a huge picture is refused before it is unpacked', () => {
  const bytes = encodePng(sample(2, 2)).slice();
  new DataView(bytes.buffer).setUint32(16, 50_000);
  expect(codeOf(() => decodePng(bytes, 'huge.png'))).toMatch(
    /usage\/png-too-large: huge\.png[^]*at most 8192x8192[^]*50000x2/,
  );
});

test('a palette picture from another program is decoded', () => {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const bytes = Buffer.concat([
    encodePng(sample(1, 1)).subarray(0, 8),
    chunk('IHDR', Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 1, 8, 3, 0, 0, 0)),
    chunk('PLTE', Uint8Array.of(1, 2, 3, 4, 5, 6)),
    chunk('IDAT', deflateSync(Uint8Array.of(0, 1, 0))),
    chunk('IEND', new Uint8Array(0)),
  ]);
  expect([...decodePng(bytes, 'palette.png').rgba]).toEqual([4, 5, 6, 255, 1, 2, 3, 255]);
});
