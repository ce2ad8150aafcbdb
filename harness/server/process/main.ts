/**
 * The process of a machine: `node main.js FOLDER`. It holds the machine's lease while it lives, and goes on when the daemon
 * that started it ends. It begins as the folder says: from power-on, from a saved state, or where it was killed.
 */
import { closeSync, rmSync, writeSync } from 'node:fs';
import { tryLock } from '../../../sdk/lock.js';
import { MachineFolder } from '../machines/machine-folder.js';
import { MachineConsole } from '../remote/machine-console.js';
import { settle } from '../machines/settle.js';
import { toldFailure } from '../machines/told-failure.js';
import { HostedMachine } from './hosted-machine.js';
import { serveMachine } from './serve-machine.js';
import { SAYING_FILE, socketOf, type Said } from './socket.js';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('main.js is started by the daemon only');

const folder = new MachineFolder(path);
const lease = await tryLock(folder.lease);
// Another runs it: what was wanted is the case.
if (typeof lease !== 'function') process.exit(0);

try {
  // A daemon that was killed meanwhile wants nothing any more, and the next counts on who holds a lease when it comes.
  if (say('leased')) await run();
} finally {
  await lease();
}
process.exit();

async function run(): Promise<void> {
  const config = await folder.readConfig();
  const { status, truth } = await settle(folder);
  const socket = await socketOf(folder.path);
  const consoleSocket = await socketOf(folder.path, 'console');
  await using console = await MachineConsole.listen(consoleSocket, {
    name: config.name,
    // A scenario keeps control until it ends, however long it waits.
    controlIdleMinutes: config.scratch === undefined ? config.controlIdleMinutes : 0,
    viewerIdleMinutes: config.viewerIdleMinutes,
    onEvent: (kind, detail, by) => server.event(kind, detail, by),
  });
  const hosted = new HostedMachine({
    folder,
    config,
    status,
    console,
    onStatus: (next) => server.status(next),
    onEvent: (kind, detail) => server.event(kind, detail),
    onEngine: (event) => server.engine(event),
  });
  await using server = await serveMachine(socket, hosted, console.control);
  if (config.scratch !== undefined) {
    console.control.take({ by: `the scenario ${config.scratch.title}`, viewer: null }, { force: true });
  }
  say('listening');
  closeSync(SAYING_FILE);
  process.on('SIGTERM', () => void hosted.saveState().catch(() => undefined));
  try {
    await (truth.outcome === 'rebuild' ? hosted.rebuild() : hosted.begin());
  } catch (error) {
    if (truth.outcome === 'rebuild') await notRebuilt(hosted, error);
    process.exitCode = 1;
    return;
  }
  await hosted.ended;
  rmSync(socket, { force: true });
  rmSync(consoleSocket, { force: true });
}

/** @returns whether whoever started this process is there */
function say(what: Said): boolean {
  try {
    writeSync(SAYING_FILE, `${what}\n`);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EBADF' || error.code === 'EPIPE')) return false;
    throw error;
  }
}

async function notRebuilt({ status }: HostedMachine, error: unknown): Promise<void> {
  await folder.writeStatus({
    ...status,
    state: 'turned-off',
    since: new Date().toISOString(),
    detail: 'Its process was killed, and it could not be rebuilt. Its disks are as when it was last switched on.',
    failure: toldFailure(error),
  });
}
