/** Who opens a WebSocket: every one of {@link SOCKETS}, so that a new one is tested with the others. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bearer, NO_GRANTS, openTestApi, type TestApi } from './api.test.helper.js';
import { HostClient } from './client.js';
import { RIGHTS, type Grants } from './rights.js';
import { CLOSE } from './socket-route.js';
import { SOCKETS, type SocketContract, type SocketName } from './sockets.js';

const machine = 'first';

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
  // Those of a machine stay open as long as it runs.
  await api.all.call('createMachine', {
    body: { name: machine, spec: { floppy: join(api.folder, 'typewriter.img') } },
  });
  await api.all.finish(await api.all.call('startMachine', { params: { name: machine } }));
});
afterEach(async () => {
  vi.useRealTimers();
  await api[Symbol.asyncDispose]();
});

const NAMES = Object.keys(SOCKETS) as SocketName[];

function grantsFor({ right, path }: SocketContract): { little: Grants | null; enough: Grants } {
  if (right === 'any') return { little: null, enough: NO_GRANTS };
  const others = RIGHTS.filter((one) => one !== right);
  return path.includes(':name')
    ? {
        little: { host: [...RIGHTS], machines: { [machine]: others, another: [...RIGHTS] } },
        enough: { host: [], machines: { [machine]: [right] } },
      }
    : { little: { host: others, machines: { '*': [...RIGHTS] } }, enough: { host: [right], machines: {} } };
}

const pathOf = (name: SocketName): string => SOCKETS[name].path.replace(':name', machine);

async function ticketOf(token: string): Promise<string> {
  return (await new HostClient(api.server.url, token).call('makeTicket', {})).ticket;
}

async function outcome(path: string, headers?: Record<string, string>): Promise<string> {
  const opened = await api.socket(path, headers);
  opened.socket.terminate();
  return opened.outcome;
}

test.each(NAMES)('%s opens for who has the right, by token or by ticket, and for nobody else', async (name) => {
  const path = pathOf(name);
  const { little, enough } = grantsFor(SOCKETS[name]);
  expect(await outcome(path)).toBe('401');
  expect(await outcome(path, bearer('x'.repeat(43)))).toBe('401');
  expect(await outcome(`${path}?ticket=${'x'.repeat(43)}`)).toBe('401');
  if (little !== null) {
    const token = await api.token(little, 'little');
    expect(await outcome(path, bearer(token))).toBe('403');
    expect(await outcome(`${path}?ticket=${await ticketOf(token)}`)).toBe('403');
  }
  const token = await api.token(enough, 'enough');
  expect(await outcome(path, bearer(token))).toBe('open');
  expect(await outcome(`${path}?ticket=${await ticketOf(token)}`)).toBe('open');
});

test.each(NAMES)('%s: a ticket is good once, for half a minute, and not in a page of another site', async (name) => {
  const path = pathOf(name);
  const token = await api.token(grantsFor(SOCKETS[name]).enough);
  const used = await ticketOf(token);
  expect(await outcome(`${path}?ticket=${used}`)).toBe('open');
  expect(await outcome(`${path}?ticket=${used}`)).toBe('401');
  const stolen = await ticketOf(token);
  expect(await outcome(`${path}?ticket=${stolen}`, { origin: 'http://evil.example' })).toBe('403');
  expect(await outcome(path, { ...bearer(token), origin: 'http://evil.example' })).toBe('403');
  // Another program of the same computer is another site.
  expect(await outcome(`${path}?ticket=${stolen}`, { origin: 'http://127.0.0.1:1' })).toBe('403');
  expect(await outcome(`${path}?ticket=${stolen}`, { origin: 'null' })).toBe('403');
  expect(await outcome(`${path}?ticket=${stolen}`, { origin: api.server.url })).toBe('open');
  const [late, intime] = [await ticketOf(token), await ticketOf(token)];
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + 29_000);
  expect(await outcome(`${path}?ticket=${intime}`)).toBe('open');
  vi.setSystemTime(Date.now() + 2_000);
  expect(await outcome(`${path}?ticket=${late}`)).toBe('401');
});

/** Those of a machine need one that runs: `console.test.ts`. */
const OF_HOST = NAMES.filter((name) => !SOCKETS[name].path.includes(':name'));

test.each(OF_HOST)('%s ends when the token behind it is void, or its rights are others', async (name) => {
  const path = pathOf(name);
  const { enough } = grantsFor(SOCKETS[name]);
  for (const change of ['grant', 'revoke'] as const) {
    const token = await api.token(enough);
    const ticket = await ticketOf(token);
    const { socket, outcome: opened } = await api.socket(`${path}?ticket=${await ticketOf(token)}`);
    expect(opened).toBe('open');
    const closed = once(socket, 'close') as Promise<[number, Buffer]>;
    if (change === 'grant') await api.tokens.grant('some', { host: [], machines: { another: ['read'] } });
    else await api.tokens.revoke('some');
    expect((await closed)[0]).toBe(CLOSE.rightsChanged);
    // Rights are those of the moment in which a ticket is used, not of the one in which it was asked for.
    const after = await outcome(`${path}?ticket=${ticket}`);
    const stays = change === 'grant' && SOCKETS[name].right === ('any' as string);
    expect(after).toBe(stays ? 'open' : change === 'grant' ? '403' : '401');
  }
});

test('a ticket opens WebSockets only, and neither it nor a token is in the log', async () => {
  const token = await api.token(NO_GRANTS);
  const ticket = await ticketOf(token);
  const answer = await fetch(`${api.server.url}/api/v1/machines?ticket=${ticket}`);
  expect(answer.status).toBe(401);
  expect(await outcome(`/events/stream?ticket=${ticket}`)).toBe('open');
  await fetch(`${api.server.url}/api/v1/tokens?ticket=${await ticketOf(token)}`, { headers: bearer(token) });
  const log = await readFile(join(api.host.folder, 'events.ndjson'), 'utf8');
  expect(log).toContain('"kind":"refused","by":"some"');
  expect(log).not.toContain(token);
  expect(log).not.toContain('ticket');
});

test('who calls is told who it is and what it may do', async () => {
  const grants: Grants = { host: ['read'], machines: { web: ['execute'] } };
  const client = new HostClient(api.server.url, await api.token(grants));
  expect(await client.call('whoAmI', {})).toEqual({ name: 'some', kind: 'token', grants });
});
