/** Which release this is. Every command is told at its start: nothing is loaded for it. */
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  const own: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  if (typeof own === 'object' && own !== null && 'version' in own && typeof own.version === 'string')
    return own.version;
  throw new Error('package.json has no version');
}
