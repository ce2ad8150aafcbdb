/** `guestwright machine serial`, in a terminal and without one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHolder } from '../../sdk/lock.js';
import { Serving } from './serving.js';
import { LEAVE, Session } from './terminal-session.js';
import { serialEchoingGuest } from './tiny-guests.js';

let serving: Serving;
let url = '';
beforeEach(async () => {
  serving = new Serving();
  writeFileSync(join(serving.folder, 'serial.img'), serialEchoingGuest());
  ({ url } = await serving.serve());
  expect(await serving.run(['machine', 'create', 'echo', '--floppy', 'serial.img', '--memory', '8'])).toMatchObject({
    exitCode: 0,
  });
});
afterEach(async () => await serving[Symbol.asyncDispose]());

const SOON = { timeout: 60_000 };
const start = async () => expect(await serving.run(['machine', 'start', 'echo'])).toMatchObject({ exitCode: 0 });
const inTerminal = (name: string) => new Session(`machine serial ${name}`, { env: serving.env });

test('what the guest sent and sends is shown, keys reach it, and Ctrl-] leaves it running', async () => {
  await start();
  const session = inTerminal('echo');
  await session.waitFor(/Ctrl-\] leaves/);
  await session.waitFor(/ready/);
  session.type('over serial');
  await session.waitFor(/over serial/);
  session.type(LEAVE);
  expect(await session.end()).toBe(0);
  expect(session.text).toContain('Left echo, which runs on.');
  // Its past comes first, for whoever comes later.
  const again = inTerminal('echo');
  await again.waitFor(/ready\s+over serial/);
  // Killed, it is built again, and whoever watches stays.
  const holder = await lockHolder(join(serving.folder, 'host', 'machines', 'echo', 'lease'));
  process.kill(holder?.pid ?? Number.NaN, 'SIGKILL');
  await again.waitFor(/or was rebuilt/);
  again.type('and again');
  await again.waitFor(/and again/);
  await serving.run(['machine', 'power-off', 'echo']);
  expect(await again.end()).toBe(0);
  expect(again.text).toContain('echo does not run');
});

test('somebody who may only look is told so', async () => {
  await start();
  const { stdout } = await serving.run(['token', 'create', 'looker', '--allow', 'read@*']);
  const session = new Session(`machine serial echo --host ${url}`, {
    env: { ...serving.env, GUESTWRIGHT_TOKEN: stdout },
  });
  await session.waitFor(/ready/);
  session.type('x');
  await session.waitFor(/Your keys do not reach the guest: the right to execute on echo is missing/);
  session.type(LEAVE);
  expect(await session.end()).toBe(0);
});

test('without a terminal it is a log, until the machine is off', async () => {
  await start();
  const log = serving.run(['machine', 'serial', 'echo']);
  await expect.poll(async () => (await serving.run(['machine', 'screen', 'echo'])).stdout, SOON).toContain('SERIAL');
  expect(await serving.run(['machine', 'power-off', 'echo'])).toMatchObject({ exitCode: 0 });
  expect(await log).toMatchObject({ exitCode: 0, stdout: 'ready', stderr: 'echo does not run.' });
});

test('a machine that is off, and a port that there is not, are wrong usage', async () => {
  expect(await serving.run(['machine', 'serial', 'echo'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('echo does not run') as string,
  });
  expect(await serving.run(['machine', 'serial', 'echo', '--port', '7'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--port names no serial port') as string,
  });
  await start();
  const missing = await serving.run(['machine', 'serial', 'echo', '--port', '2']);
  expect(missing.exitCode).not.toBe(0);
  expect(missing.stderr).toContain('no serial port 2');
});
