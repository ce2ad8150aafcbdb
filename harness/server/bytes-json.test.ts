import { expect, test } from 'vitest';
import { fromJson, toJson } from './bytes-json.js';

test('bytes come back as bytes, whatever holds them', () => {
  const bytes = [0, 127, 255];
  const all = { plain: new Uint8Array(bytes), clamped: new Uint8ClampedArray(bytes), buffer: Buffer.from(bytes), x: 1 };
  const back = { plain: new Uint8Array(bytes), clamped: new Uint8Array(bytes), buffer: new Uint8Array(bytes), x: 1 };
  expect(fromJson(toJson(all))).toEqual(back);
  expect(fromJson(toJson([all]))).toEqual([back]);
  expect(fromJson(toJson(Buffer.from(bytes)))).toEqual(new Uint8Array(bytes));
});
