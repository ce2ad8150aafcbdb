/**
 * Runs cases of a fuzzer and prints what they found, as JSON. A process of its own: it takes the modules that are tried from
 * where it is told, and several run at once. Arguments: the module with `runCase` and the one that is tried, as URLs, the first
 * seed, how many, and after how many finds to stop.
 */
import type { Found } from './fuzzer.test.helper.js';

const [cases = '', url = '', first = '', count = '', most = ''] = process.argv.slice(2);
const { runCase } = (await import(cases)) as {
  runCase: (api: unknown, seed: number) => Found | null | Promise<Found | null>;
};
const api: unknown = await import(url);
const found: Found[] = [];
for (let seed = Number(first); seed < Number(first) + Number(count) && found.length < Number(most); seed++) {
  const one = await runCase(api, seed);
  if (one !== null) found.push(one);
}
console.log(JSON.stringify(found));
