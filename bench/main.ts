/** `npm run bench [-- <group>]`: measures, prints a table, and keeps the figures in `reports/bench.json`. */
import path from 'node:path';
import { GuestwrightError } from '../sdk/errors.js';
import { disks } from './disks.js';
import { storeFigures } from './figures.js';
import type { Group } from './group.js';
import { qemu } from './qemu.js';
import { report } from './report.js';
import { screen } from './screen.js';
import { server } from './server.js';
import { store } from './store.js';
import { wordFigures } from './table.js';
import { v86 } from './v86.js';

const GROUPS: ReadonlyMap<string, Group> = new Map([
  ['v86', v86],
  ['screen', screen],
  ['qemu', qemu],
  ['store', store],
  ['report', report],
  ['disks', disks],
  ['server', server],
]);
const FILE = path.join('reports', 'bench.json');

/** @returns the exit code: 0 measured, 2 wrong usage, 3 something could not be measured */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !GROUPS.has(name));
  if (unknown.length > 0) {
    console.error(`There is no group ${unknown.join(', ')}. The groups are: ${[...GROUPS.keys()].join(', ')}`);
    return 2;
  }
  for (const [name, group] of GROUPS) {
    if (names.length > 0 && !names.includes(name)) continue;
    const figures = await group.measure((line) => console.error(line));
    await storeFigures(FILE, figures);
    console.log(wordFigures(figures));
  }
  console.error(`written to ${FILE}`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof GuestwrightError && error.kind === 'usage' ? 2 : 3;
}
