/** The API of a real host over real sockets. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { Host } from '../host/host.js';
import { HostClient } from './client.js';
import { CONTRACTS, type CallName, type Contract } from './contract.js';
import { ALL_GRANTS, RIGHTS, type Grants } from './rights.js';
import { serveHost, type HostServer } from './serve.js';
import { Tokens } from './tokens.js';

let folder = '';
let host: Host;
let tokens: Tokens;
let server: HostServer;
let all: HostClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-api-'));
  await writeFile(join(folder, 'typewriter.img'), typewriter());
  host = await Host.open(join(folder, 'host'));
  tokens = await Tokens.open(join(folder, 'host', 'tokens.json'));
  server = await serveHost(host, tokens, { address: '127.0.0.1', port: 0, tls: null });
  all = new HostClient(server.url, await tokens.make('all', ALL_GRANTS));
});

afterEach(async () => {
  await host.quit();
  await server[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const spec = () => ({ engine: 'v86', floppy: join(folder, 'typewriter.img'), memory: 8 });
const name = 'first';

/** Every call with something that its contract takes. */
const EXAMPLES: Partial<Record<CallName, unknown>> = {
  createMachine: { name, spec: {} },
  registerMachine: { folder: 'nowhere' },
  configureMachine: { notes: 'x' },
  renameMachine: { to: 'other' },
  cloneMachine: { to: 'other' },
  takeSnapshot: { name: 'one' },
  changeMedium: { drive: 'cdrom0', medium: null },
  handle: { kind: 'press', chord: 'Enter' },
  takeControl: { force: false },
  makeToken: { name: 'other', grants: { host: [], machines: {} } },
  grantToken: { host: [], machines: {} },
};

const PARAMS: Record<string, string> = {
  name,
  snapshot: 'one',
  task: '7b1f8a52-6f0b-4f3e-9c40-0f6d1a2b3c4d',
  token: 'nobody',
};

const contractOf = (call: CallName): Contract => CONTRACTS[call];

async function status(call: CallName, headers: Record<string, string>): Promise<{ status: number; code: unknown }> {
  const { method, path } = contractOf(call);
  const body = EXAMPLES[call];
  const answer = await fetch(`${server.url}/api/v1${path.replace(/:(\w+)/g, (_, key: string) => PARAMS[key] ?? '')}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { code } = ((await answer.json()) ?? {}) as { code?: unknown };
  return { status: answer.status, code };
}

const CALLS = Object.keys(CONTRACTS) as CallName[];
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
test.each(CALLS)('%s is for those who have the right', async (call) => {
  const { right, path, isCut } = contractOf(call);
  const onMachine = path.includes(':name');
  if (right === 'none') {
    // It says by itself what is wrong with what was sent.
    expect((await status(call, {})).code).not.toBe('token-wrong');
    return;
  }
  expect(await status(call, {})).toEqual({ status: 401, code: 'token-wrong' });
  expect(await status(call, bearer('x'.repeat(43)))).toEqual({ status: 401, code: 'token-wrong' });
  if (right === 'any') {
    const nothing = await status(call, bearer(await tokens.make('nothing', { host: [], machines: {} })));
    expect([401, 403, 500]).not.toContain(nothing.status);
    return;
  }
  const others = RIGHTS.filter((one) => one !== right);
  const grants: Grants = onMachine
    ? { host: [...RIGHTS], machines: { [name]: others, another: [...RIGHTS] } }
    : { host: others, machines: { '*': [...RIGHTS] } };
  const little = await status(call, bearer(await tokens.make('little', grants)));
  if (isCut === true) expect(little.status).not.toBe(403);
  else expect(little).toEqual({ status: 403, code: 'right-missing' });
  const enough: Grants = onMachine ? { host: [], machines: { [name]: [right] } } : { host: [right], machines: {} };
  const answer = await status(call, bearer(await tokens.make('enough', enough)));
  expect([401, 403, 500]).not.toContain(answer.status);
  // Else the example is none, and nothing beyond the right was tried.
  expect(answer.code).not.toBe('request-invalid');
});

test.each(CALLS)('%s has an example of what it takes, so that it is tested like the others', (call) => {
  const { path, body, params } = contractOf(call);
  for (const [, key = ''] of path.matchAll(/:(\w+)/g)) expect(Object.keys(PARAMS)).toContain(key);
  expect(Object.keys(params?.shape ?? {})).toEqual([...path.matchAll(/:(\w+)/g)].map(([, key]) => key));
  if (body !== undefined) expect(body.safeParse(EXAMPLES[call]).success).toBe(true);
  else expect(EXAMPLES[call]).toBeUndefined();
});

test('a machine over the API: made, run, typed into, looked at, saved, described', async () => {
  await all.call('createMachine', { body: { name, spec: spec(), settings: { notes: 'a typewriter' } } });
  await all.finish(await all.call('startMachine', { params: { name } }));
  const rows = async () => (await all.call('look', { params: { name } })).rows?.join('\n');
  await expect.poll(rows, { timeout: 60_000 }).toContain('>');
  await all.call('handle', { params: { name }, body: { kind: 'type', text: 'abc' } });
  await expect.poll(rows, { timeout: 60_000 }).toContain('abc');
  const { png } = await all.call('look', { params: { name } });
  expect(Buffer.from(png, 'base64').subarray(1, 4).toString('latin1')).toBe('PNG');
  await all.finish(await all.call('takeSnapshot', { params: { name }, body: { name: 'one' } }));
  await all.finish(await all.call('saveMachine', { params: { name } }));
  const { state, config, snapshots } = await all.call('describeMachine', { params: { name } });
  expect({ state, notes: config.notes, snapshots: snapshots.map((one) => one.name) }).toEqual({
    state: 'saved',
    notes: 'a typewriter',
    snapshots: ['one'],
  });
  await expect(all.call('pauseMachine', { params: { name } })).rejects.toMatchObject({ code: 'machine-not-running' });
  const events = await all.call('searchEvents', { query: { machine: name, text: 'SAVED' } });
  expect(events.map(({ kind, detail }) => [kind, detail])).toContainEqual(['state', 'saved']);
});

test('events are followed as they happen, by those who may read them', async () => {
  const some = await tokens.make('some', { host: [], machines: { second: ['read'] } });
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/events/stream`, { headers: bearer(some) });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const first = new Promise<string>((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())));
  await all.call('createMachine', { body: { name, spec: spec() } });
  await all.call('createMachine', { body: { name: 'second', spec: spec() } });
  expect(JSON.parse(await first)).toMatchObject({ machine: 'second', kind: 'created', by: 'all' });
  socket.close();
  const seen = await new HostClient(server.url, some).call('listMachines', {});
  expect(seen.map((machine) => machine.name)).toEqual(['second']);
});

test('neither another site, nor another name of this host, nor a guessed token gets anything', async () => {
  const token = await tokens.make('page', ALL_GRANTS);
  expect(await status('listMachines', { ...bearer(token), origin: 'http://evil.example' })).toMatchObject({
    status: 403,
    code: 'origin-refused',
  });
  expect(await status('listMachines', { ...bearer(token), origin: 'null' })).toMatchObject({ status: 403 });
  // `fetch` sets the name by itself.
  const { port } = new URL(server.url);
  const code = await new Promise((resolve) =>
    request(
      { port, host: '127.0.0.1', path: '/api/v1/machines', headers: { ...bearer(token), host: 'evil.example' } },
      ({ statusCode }) => resolve(statusCode),
    ).end(),
  );
  expect(code).toBe(403);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/events/stream`, {
    headers: { ...bearer(token), origin: 'http://evil.example' },
  });
  await expect(new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))).rejects.toThrow(
    '403',
  );
  const guesses = [];
  for (let i = 0; i < 25; i++) guesses.push((await status('listMachines', bearer(`guess-${i}`))).status);
  expect(guesses[0]).toBe(401);
  expect(guesses.at(-1)).toBe(429);
});

test('tokens are nowhere but in the answer that made them, and are void at once when they are revoked', async () => {
  const { token } = await all.call('makeToken', {
    body: { name: 'guest', grants: { host: [], machines: { '*': ['read'] } } },
  });
  const guest = new HostClient(server.url, token);
  expect(await guest.call('listMachines', {})).toEqual([]);
  expect(await readFile(join(folder, 'host', 'tokens.json'), 'utf8')).not.toContain(token);
  expect(await readFile(join(folder, 'host', 'events.ndjson'), 'utf8')).not.toContain(token);
  await all.call('revokeToken', { params: { token: 'guest' } });
  await expect(guest.call('listMachines', {})).rejects.toMatchObject({ code: 'token-wrong' });
});

test('what is wrong is told by its field, and nobody is served off loopback without TLS', async () => {
  const answer = await fetch(`${server.url}/api/v1/machines`, {
    method: 'POST',
    headers: { ...bearer(await tokens.make('writer', ALL_GRANTS)), 'content-type': 'application/json' },
    body: JSON.stringify({ name: '../up', spec: {} }),
  });
  expect(answer.status).toBe(400);
  expect(((await answer.json()) as { message: string }).message).toContain('name');
  await expect(serveHost(host, tokens, { address: '0.0.0.0', port: 0, tls: null })).rejects.toMatchObject({
    code: 'tls-missing',
  });
});

test('the description of the API has every call, and says what each needs', async () => {
  const token = await tokens.make('reader', ALL_GRANTS);
  const answer = await fetch(`${server.url}/api/v1/openapi.json`, { headers: bearer(token) });
  const { openapi, paths } = (await answer.json()) as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; description: string }>>;
  };
  expect(openapi).toBe('3.1.0');
  const described = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(described.map(({ operationId }) => operationId).sort()).toEqual([...CALLS].sort());
  for (const { operationId, description } of described) {
    const { right } = contractOf(operationId as CallName);
    expect(description).toContain(right === 'none' ? 'no token' : right);
  }
});
