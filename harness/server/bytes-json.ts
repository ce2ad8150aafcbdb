/** JSON with bytes in it: an array of them is `{ "$bytes": base64 }`. */

export const toJson = (value: unknown): string => JSON.stringify(value, bytesAsText);

/** @throws SyntaxError */
export const fromJson = (text: string): unknown => JSON.parse(text, revive);

/** What is given is what the value says of itself for JSON: a Buffer has become something else by then, its holder has not. */
function bytesAsText(this: unknown, key: string, value: unknown): unknown {
  const held: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : value;
  return held instanceof Uint8Array || held instanceof Uint8ClampedArray
    ? { $bytes: Buffer.from(held.buffer, held.byteOffset, held.byteLength).toString('base64') }
    : value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value;
  const { $bytes } = value;
  return typeof $bytes === 'string' ? new Uint8Array(Buffer.from($bytes, 'base64')) : value;
}
