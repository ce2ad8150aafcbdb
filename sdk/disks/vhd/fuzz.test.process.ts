/**
 * Runs cases of the fuzzer and prints what they found, as JSON. A process of its own: it takes the modules that are tried from
 * where it is told, and several run at once. Arguments: the modules' `index.js` as a URL, the first seed, how many, and after
 * how many finds to stop.
 */
import { runCase, type Api, type Found } from './fuzz.test.helper.js';

const [url = '', first = '', count = '', most = ''] = process.argv.slice(2);
const api = (await import(url)) as Api;
const found: Found[] = [];
for (let seed = Number(first); seed < Number(first) + Number(count) && found.length < Number(most); seed++) {
  const one = await runCase(api, seed);
  if (one !== null) found.push(one);
}
console.log(JSON.stringify(found));
