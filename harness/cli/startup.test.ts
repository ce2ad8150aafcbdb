import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const IMPORT = /^\s*(?:import\s*(?:[^'"();]*?\bfrom\s*)?|export\s*[*{][^'"();]*?\bfrom\s*)['"]([^'"]+)['"]/gm;

/** What is loaded before a command is known: every command, `--help` and each of a script's hundred calls waits for it. */
test('no command waits for a library that only some of them need', () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const open = [fileURLToPath(new URL('main.js', import.meta.url))];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      if (name.startsWith('.')) open.push(join(dirname(path), name));
      else if (!name.startsWith('node:')) packages.add(name);
    }
  }
  expect(seen.size).toBeGreaterThan(20);
  expect([...packages]).toEqual(['commander']);
});
