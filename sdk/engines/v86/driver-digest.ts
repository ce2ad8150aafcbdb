/**
 * What this driver is: a digest of all modules that run in a machine's worker. Runs that are answered from a store are asked
 * for by it, so that no change of the driver can ever be answered by what another one did.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of compiled modules: types are imported by none of them any more. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

let digest: string | null = null;

/** Lower-case hex SHA-256. Read once in a process: modules do not change under it. */
export function driverDigest(): string {
  return (digest ??= digestOf(fileURLToPath(new URL('node/worker.js', import.meta.url))));
}

/** @param entry path of a module: it and all that it imports by relative names, and these import, and so on */
export function digestOf(entry: string): string {
  const texts = new Map<string, string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (texts.has(path)) continue;
    const text = readFileSync(path, 'utf8');
    texts.set(path, text);
    for (const [, name = ''] of text.matchAll(IMPORT)) open.push(join(dirname(path), name));
  }
  const hash = createHash('sha256');
  for (const path of [...texts.keys()].sort()) {
    const text = texts.get(path) ?? '';
    hash.update(`${relative(dirname(entry), path)}\0${text.length}\0${text}`);
  }
  return hash.digest('hex');
}
