/** The console of real machines, over real WebSockets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import WebSocket, { createWebSocketStream } from 'ws';
import { typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { engineNamed } from '../../../sdk/engines/index.js';
import { decodePng } from '../../../sdk/reading/png.js';
import { TestViewer } from '../../../sdk/rfb/viewer.test.helper.js';
import { serialEchoingGuest } from '../../e2e/tiny-guests.js';
import { Host } from '../host/host.js';
import { HostClient } from './client.js';
import { ALL_GRANTS, type Right } from './rights.js';
import { serveHost, type HostServer } from './serve.js';
import { CLOSE } from './socket-route.js';
import { Tokens } from './tokens.js';

const ZRLE = 16;
const DESKTOP_SIZE = -223;
const hasQemu = (await (await engineNamed('qemu')).probe()).available;

let folder = '';
let host: Host;
let tokens: Tokens;
let server: HostServer;
let all: HostClient;
let token = '';
const open: WebSocket[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-console-'));
  await writeFile(join(folder, 'typewriter.img'), typewriter());
  host = await Host.open(join(folder, 'host'));
  tokens = await Tokens.open(join(folder, 'host', 'tokens.json'));
  server = await serveHost(host, tokens, { address: '127.0.0.1', port: 0, tls: null });
  token = await tokens.make('all', ALL_GRANTS);
  all = new HostClient(server.url, token);
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  for (const { name, state } of host.list()) {
    if (state === 'running' || state === 'paused') await host.tasks.ended(host.powerOff(name, null).id);
  }
  await server[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const name = 'first';

async function start(engine: 'v86' | 'qemu', settings = {}): Promise<void> {
  const spec = { engine, floppy: join(folder, 'typewriter.img'), memory: engine === 'v86' ? 8 : 16 };
  await all.call('createMachine', { body: { name, spec, settings } });
  await all.finish(await all.call('startMachine', { params: { name } }));
  await expect.poll(rows, { timeout: 60_000 }).toContain('>');
}

const rows = async (): Promise<string | undefined> => (await all.call('look', { params: { name } })).rows?.join('\n');

function socketTo(path: string, by = token): WebSocket {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/machines/${name}/console${path}`, {
    headers: { authorization: `Bearer ${by}` },
  });
  open.push(socket);
  return socket;
}

async function viewer(path = '', by = token): Promise<TestViewer> {
  const socket = socketTo(path, by);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const one = new TestViewer(createWebSocketStream(socket));
  await one.begin('RFB 003.008\n');
  one.setEncodings(ZRLE, DESKTOP_SIZE, -258);
  return one;
}

async function strike(one: TestViewer, text: string): Promise<void> {
  for (const character of text) {
    one.key(character.codePointAt(0) ?? 0, true);
    one.key(character.codePointAt(0) ?? 0, false);
  }
}

/** Pixels of the machine's own screen, 3 bytes each, without the row in which a cursor may be. */
async function ownPixels(): Promise<{ width: number; height: number; rgb: Buffer }> {
  const { png } = await all.call('look', { params: { name } });
  const { width, height, rgba } = decodePng(Buffer.from(png, 'base64'), 'screen');
  const rgb = Buffer.alloc(3 * width * height);
  for (let i = 0; i < width * height; i++) rgb.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
  return { width, height, rgb };
}

/** Rows of pixels that are not as the machine has them. */
async function wrongRows(one: TestViewer): Promise<number[]> {
  const { width, height, rgb } = await ownPixels();
  if (width !== one.width || height !== one.height) return [-1];
  const line = (of: Buffer, y: number): Buffer => of.subarray(3 * width * y, 3 * width * (y + 1));
  return Array.from({ length: height }, (_, y) => y).filter((y) => !line(rgb, y).equals(line(one.rgb, y)));
}

const engines = [['v86'], ...(hasQemu ? [['qemu']] : [])] as ['v86' | 'qemu'][];

test.each(engines)(
  '%s: what is typed is seen, by all who look, as the machine has it; a revert goes on',
  async (engine) => {
    await start(engine);
    const [first, second] = [await viewer(), await viewer('?only=look')];
    await strike(first, 'abC');
    await expect.poll(rows, { timeout: 60_000 }).toContain('abC');
    for (const one of [first, second]) {
      // All but the cursor, which a frame does not have.
      await vi.waitFor(
        async () => {
          one.request(true);
          await one.update();
          expect((await wrongRows(one)).length).toBeLessThanOrEqual(3);
        },
        { timeout: 30_000 },
      );
    }
    // Who only looks types nothing.
    await strike(second, 'zzz');
    await all.finish(await all.call('takeSnapshot', { params: { name }, body: { name: 'one' } }));
    await strike(first, 'def');
    await expect.poll(rows, { timeout: 60_000 }).toContain('abCdef');
    await all.finish(await all.call('revertToSnapshot', { params: { name, snapshot: 'one' } }));
    await vi.waitFor(
      async () => {
        first.request(true);
        await first.update();
        expect((await wrongRows(first)).length).toBeLessThanOrEqual(3);
      },
      { timeout: 30_000 },
    );
    await strike(first, 'ghi');
    await expect.poll(rows, { timeout: 60_000 }).toContain('abCghi');
    expect(await rows()).not.toContain('z');
  },
);

test('one has control, others look; it is taken by force, given back, and all of it is in the log', async () => {
  await start('v86');
  const grants = (...rights: Right[]) => ({ host: [], machines: { [name]: rights } });
  const bert = await tokens.make('bert', grants('read', 'execute'));
  const carl = await tokens.make('carl', grants('read'));
  const state = async () => (await all.call('describeControl', { params: { name } })).holder;
  const id = randomUUID();
  const first = await viewer(`?viewer=${id}`);
  const [second, third] = [await viewer('', bert), await viewer('', carl)];
  // To look, or to move the mouse, takes nothing.
  second.pointer(5, 5, 0);
  await strike(third, 'x');
  first.request(false);
  await first.update();
  expect(await state()).toBeNull();
  await strike(first, 'ab');
  await expect.poll(rows, { timeout: 60_000 }).toContain('ab');
  expect(await state()).toEqual({ by: 'all', viewer: id });
  await strike(second, 'cd');
  const other = new HostClient(server.url, bert);
  const press = { params: { name }, body: { kind: 'press' as const, chord: 'q' } };
  await expect(other.call('handle', press)).rejects.toMatchObject({ code: 'control-held' });
  await expect(other.call('takeControl', { params: { name }, body: {} })).rejects.toMatchObject({
    code: 'control-held',
  });
  await other.call('handle', { ...press, query: { force: 'true' } });
  await other.call('takeControl', { params: { name }, body: { force: true } });
  await strike(first, 'ef');
  await strike(second, 'gh');
  await expect.poll(rows, { timeout: 60_000 }).toContain('abqgh');
  await other.call('releaseControl', { params: { name } });
  expect(await state()).toBeNull();
  await strike(first, 'i');
  await expect.poll(rows, { timeout: 60_000 }).toContain('abqghi');
  first.stream.destroy();
  await expect.poll(state).toBeNull();
  const told = host.events
    .search({ machine: name, limit: 100 })
    .filter(({ kind }) => kind.startsWith('control') || kind.startsWith('viewer'))
    .map(({ kind, by, detail }) => [kind, by, detail].filter((part) => part !== null).join(' '));
  expect(told).toEqual([
    'viewer-connected all',
    'viewer-connected bert',
    'viewer-connected carl to look only',
    'control-taken all',
    'control-taken bert from all',
    'control-released bert',
    'control-taken all',
    'control-released all its viewer has gone',
    'viewer-left all',
  ]);
});

test('who has control has the serial ports too; others are told, once', async () => {
  const spec = { engine: 'v86', floppy: join(folder, 'echo.img'), memory: 8 };
  await writeFile(join(folder, 'echo.img'), serialEchoingGuest());
  await all.call('createMachine', { body: { name, spec } });
  await all.finish(await all.call('startMachine', { params: { name } }));
  const line = async (by: string): Promise<{ socket: WebSocket; heard: () => string; told: string[] }> => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/machines/${name}/serial`, {
      headers: { authorization: `Bearer ${by}` },
    });
    open.push(socket);
    let text = '';
    const told: string[] = [];
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) text += data.toString();
      else told.push(data.toString());
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return { socket, heard: () => text, told };
  };
  const [own, other] = [await line(token), await line(await tokens.make('other', ALL_GRANTS))];
  await expect.poll(own.heard, { timeout: 60_000 }).toContain('ready');
  await all.call('takeControl', { params: { name }, body: {} });
  for (const text of ['x', 'y', 'z']) other.socket.send(Buffer.from(text));
  await expect.poll(() => other.told, { timeout: 60_000 }).toHaveLength(1);
  own.socket.send(Buffer.from('mine'));
  await expect.poll(other.heard, { timeout: 60_000 }).toContain('mine');
  expect(other.heard()).not.toMatch(/[xz]/);
  expect(JSON.parse(other.told[0] ?? '')).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('all has control') as string,
  });
  await all.call('releaseControl', { params: { name } });
  other.socket.send(Buffer.from('xz'));
  await expect.poll(own.heard, { timeout: 60_000 }).toContain('minexz');
});

test('keys that are down when a viewer disappears come up', async () => {
  await start('v86');
  const first = await viewer();
  first.key(0xffe1, true);
  await strike(first, 'A');
  await expect.poll(rows, { timeout: 60_000 }).toContain('A');
  first.stream.destroy();
  const second = await viewer();
  await vi.waitFor(async () => expect((await all.call('describeControl', { params: { name } })).holder).toBeNull());
  // By its place: as a character it would get what it needs of Shift.
  second.scan(0x30, 0, true);
  second.scan(0x30, 0, false);
  await expect.poll(rows, { timeout: 60_000 }).toContain('Ab');
});

test('who does nothing loses a machine, and those of a machine that ends are told', async () => {
  await start('v86');
  const socket = socketTo('');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  await all.finish(await all.call('powerOffMachine', { params: { name } }));
  await closed;
  const late = socketTo('');
  const why = await new Promise<string>((resolve) => late.once('close', (_, reason) => resolve(reason.toString())));
  expect(why).toContain('machine-not-running');
});

test('the console is for those who may read the machine, and for no page of another site', async () => {
  await start('v86');
  const other = await tokens.make('other', { host: ['read'], machines: { another: ['read', 'execute'] } });
  const status = async (headers: Record<string, string>): Promise<number | undefined> => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/machines/${name}/console`, { headers });
    return await new Promise((resolve) => {
      socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode));
      socket.once('open', () => resolve(101));
    });
  };
  expect(await status({})).toBe(401);
  expect(await status({ authorization: `Bearer ${other}` })).toBe(403);
  expect(await status({ authorization: `Bearer ${token}`, origin: 'http://evil.example' })).toBe(403);
  // Who loses the right while looking sees no more.
  for (const change of ['grant', 'revoke'] as const) {
    const some = await tokens.make('some', { host: [], machines: { [name]: ['read'] } });
    const socket = socketTo('', some);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('message', resolve));
    if (change === 'grant') await tokens.grant('some', { host: [], machines: {} });
    else await tokens.revoke('some');
    expect(await closed).toBe(CLOSE.rightsChanged);
    if (change === 'grant') await tokens.revoke('some');
  }
});
