/**
 * Runs cases of the fuzzer and prints what they found, as JSON. Arguments: the module that is tried as a URL, the first seed,
 * how many, and after how many finds to stop.
 */
import { runCase, type Api, type Found } from './fuzz.test.helper.js';

const [url = '', first = '', count = '', most = ''] = process.argv.slice(2);
const api = (await import(url)) as Api;
const found: Found[] = [];
for (let seed = Number(first); seed < Number(first) + Number(count) && found.length < Number(most); seed++) {
  const one = runCase(api, seed);
  if (one !== null) found.push(one);
}
console.log(JSON.stringify(found));
