/** A process of its own for a replay: `node replay-process.js LOG STATE OUT`. */
import { VerifyLog, readLog } from './log.js';
import { replay } from './replay.js';

const [log, state, outFolder, name] = process.argv.slice(2);
if (log === undefined || state === undefined || outFolder === undefined || name === undefined) {
  throw new Error('replay-process.js is started by "guestwright verify" only');
}
const out = new VerifyLog(outFolder, name);
for (const step of await replay(readLog(log), state)) out.append(step);
