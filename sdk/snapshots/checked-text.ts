/** JSON with its checksum on a line before it: what the disk has damaged is told from what was written. */
import { sha256 } from '../images/files.js';

/** @param json without a line break */
export function encodeChecked(json: string): string {
  return `${sha256(json)}\n${json}\n`;
}

/** @returns the JSON's text; null: it is not what was written */
export function decodeChecked(text: string): string | null {
  const [sum, json, rest] = text.split('\n', 3);
  return json !== undefined && rest === '' && sha256(json) === sum ? json : null;
}
