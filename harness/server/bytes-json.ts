/** JSON with bytes in it: an array of them is `{ "$bytes": base64 }`. */

export const toJson = (value: unknown): string => JSON.stringify(value, bytesAsText);

/** @throws SyntaxError */
export const fromJson = (text: string): unknown => JSON.parse(text, revive);

function bytesAsText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array || value instanceof Uint8ClampedArray
    ? { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
    : value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value;
  const { $bytes } = value;
  return typeof $bytes === 'string' ? new Uint8Array(Buffer.from($bytes, 'base64')) : value;
}
