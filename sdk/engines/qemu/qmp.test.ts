import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import { QmpClient, nothing } from './qmp.js';

const GREETING = '{"QMP":{"version":{"qemu":{"major":7,"minor":2,"micro":0}},"capabilities":["oob"]}}\n';

interface Command {
  execute: string;
  id: number;
}

const folder = mkdtempSync(join(tmpdir(), 'guestwright-qmp-'));
const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});

/** A QEMU of a few lines: `answer` gets each command and says what is written back. */
async function fakeQemu(answer: (command: Command, socket: Socket) => void, greeting = GREETING): Promise<Socket> {
  const path = join(mkdtempSync(join(tmpdir(), 'guestwright-qmp-')), 'qmp');
  const server: Server = createServer((socket) => {
    socket.write(greeting);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      for (const line of text.split('\n').filter((part) => part !== '')) answer(JSON.parse(line) as Command, socket);
    });
    open.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  open.push(() => server.close());
  open.push(() => rmSync(join(path, '..'), { recursive: true, force: true }));
  return await new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket));
  });
}

function reply(socket: Socket, message: unknown): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GuestwrightError)) throw new Error(`no typed error: ${String(error)}`);
  return `${error.kind}/${error.code}`;
}

test('answers belong to their commands, whatever order they come in', async () => {
  const waiting: Command[] = [];
  const socket = await fakeQemu((command, to) => {
    if (command.execute === 'qmp_capabilities') reply(to, { return: {}, id: command.id });
    else waiting.push(command);
    if (waiting.length < 2) return;
    for (const { execute, id } of waiting.reverse()) reply(to, { return: execute, id });
  });
  const qmp = await QmpClient.open(socket);
  const both = await Promise.all([qmp.execute('one', {}, z.string()), qmp.execute('two', {}, z.string())]);
  expect(both).toEqual(['one', 'two']);
});

test('a refused command fails with the words of QEMU and leaves the connection as it is', async () => {
  const socket = await fakeQemu(({ execute, id }, to) => {
    if (execute === 'bad') reply(to, { error: { class: 'GenericError', desc: 'no such thing' }, id });
    else reply(to, { return: {}, id });
  });
  const qmp = await QmpClient.open(socket);
  await expect(qmp.execute('bad', {}, nothing)).rejects.toThrow('no such thing');
  expect(await failureOf(qmp.execute('bad', {}, nothing))).toBe('infrastructure/qmp-error');
  await qmp.execute('good', {}, nothing);
});

test('events are told, also when a message arrives in pieces', async () => {
  const socket = await fakeQemu(({ id }, to) => reply(to, { return: {}, id }));
  const qmp = await QmpClient.open(socket);
  const event = qmp.nextEvent('RESET');
  const text = '{"event":"RESET","data":{"guest":true},"timestamp":{"seconds":1,"microseconds":2}}\n';
  socket.emit('data', text.slice(0, 20));
  socket.emit('data', text.slice(20));
  expect(await event).toEqual({ name: 'RESET', data: { guest: true } });
});

test('a lost connection fails what is open and what comes later', async () => {
  const socket = await fakeQemu(({ execute, id }, to) => {
    if (execute === 'qmp_capabilities') reply(to, { return: {}, id });
    else to.destroy();
  });
  const qmp = await QmpClient.open(socket);
  expect(await failureOf(qmp.execute('cont', {}, nothing))).toBe('infrastructure/qmp-closed');
  expect(await failureOf(qmp.execute('stop', {}, nothing))).toBe('infrastructure/qmp-closed');
  expect((await qmp.closed).code).toBe('qmp-closed');
});

test('a QEMU that does not answer is an infrastructure failure', async () => {
  const socket = await fakeQemu(({ execute, id }, to) => {
    if (execute === 'qmp_capabilities') reply(to, { return: {}, id });
  });
  const qmp = await QmpClient.open(socket, 200);
  expect(await failureOf(qmp.execute('query-status', {}, nothing))).toBe('infrastructure/qmp-timeout');
});

test('what is no QMP is refused', async () => {
  const socket = await fakeQemu(() => undefined, 'SSH-2.0-OpenSSH\n');
  expect(await failureOf(QmpClient.open(socket))).toBe('infrastructure/qmp-protocol');
});

test('an answer of another shape is refused', async () => {
  const socket = await fakeQemu(({ id }, to) => reply(to, { return: {}, id }));
  const qmp = await QmpClient.open(socket);
  expect(await failureOf(qmp.execute('query-status', {}, z.object({ status: z.string() })))).toBe(
    'infrastructure/qmp-protocol',
  );
});
