/**
 * The process in which Playwright Test runs. File descriptor 3 is a pipe that only `guestwright run` keeps open: when it
 * closes, that process is gone, whatever way it went, and Playwright is asked to shut down as Ctrl-C would ask it.
 */
import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';

/** How long an orphan may take to put its scenarios away, wall ms. Nobody will read its report. */
const LAST_CALL_MS = 500;

const [cli, ...args] = process.argv.slice(2);
if (cli === undefined) throw new Error('host.js is started by "guestwright run" only');

let asked = false;
const lifeline = new Socket({ fd: 3 });
lifeline.on('close', shutDown);
lifeline.on('error', shutDown);
lifeline.resume();
// It must not keep a run alive that is over.
lifeline.unref();

// Playwright sees the command line that it would have been given.
process.argv.splice(1, Infinity, cli, ...args);
await import(pathToFileURL(cli).href);

function shutDown(): void {
  if (asked) return;
  asked = true;
  process.kill(process.pid, 'SIGINT');
  setTimeout(() => process.exit(130), LAST_CALL_MS).unref();
}
