/** Scenarios drive machines of a real host over real sockets, on both engines; the machines stay as they were. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket, { createWebSocketStream } from 'ws';
import { typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { findOnPath } from '../../../sdk/find-on-path.js';
import { TestViewer } from '../../../sdk/rfb/viewer.test.helper.js';
import { serveHost, type HostServer } from '../api/serve.js';
import { ALL_GRANTS } from '../api/rights.js';
import { Tokens } from '../api/tokens.js';
import { Host } from '../host/host.js';
import { machineOfHost } from './machine-of-host.js';

let folder = '';
let host: Host;
let tokens: Tokens;
let server: HostServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-drive-'));
  await writeFile(join(folder, 'typewriter.img'), typewriter());
  await open();
  process.env['GUESTWRIGHT_HOST'] = server.url;
  process.env['GUESTWRIGHT_TOKEN'] = await tokens.make('scenarios', ALL_GRANTS);
});

async function open(): Promise<void> {
  host = await Host.open(join(folder, 'host'));
  tokens = await Tokens.open(join(folder, 'host', 'tokens.json'));
  server = await serveHost(host, tokens, { address: '127.0.0.1', port: 0, tls: null });
}

async function close(): Promise<void> {
  await server[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
}

afterEach(async () => {
  delete process.env['GUESTWRIGHT_HOST'];
  delete process.env['GUESTWRIGHT_TOKEN'];
  await host.quit();
  await close();
  await rm(folder, { recursive: true, force: true });
});

async function ended({ id }: { id: string }): Promise<void> {
  const task = await host.tasks.ended(id);
  if (task.state !== 'done') throw new Error(`${task.kind}: ${task.state}: ${task.failure?.message ?? ''}`);
}

const names = () => host.list().map(({ name }) => name);
const rows = async (name: string) => (await host.look(name)).rows?.join('\n') ?? '';
/** Those of scenarios go when these have ended, each in its own time. */
const allGone = async () => await expect.poll(names, { timeout: 30_000 }).toEqual(['web']);

async function createRunning(engine: 'v86' | 'qemu'): Promise<void> {
  await host.create({ name: 'web', spec: { engine, floppy: join(folder, 'typewriter.img'), memory: 8 } }, null);
  await ended(host.start('web', null));
  await expect.poll(() => rows('web'), { timeout: 60_000 }).toContain('>');
  await host.handle('web', { kind: 'type', text: 'before' });
  await expect.poll(() => rows('web'), { timeout: 60_000 }).toContain('before');
}

const hasQemu = (await findOnPath('qemu-system-x86_64')) !== null;

for (const engine of ['v86', 'qemu'] as const) {
  test.skipIf(engine === 'qemu' && !hasQemu)(
    `a copy of a machine that runs, which stays as it is (${engine})`,
    async () => {
      await createRunning(engine);
      {
        await using machine = await machineOfHost({ machine: 'host://web' }, { title: 'types a word' });
        expect(machine.engine).toBe(engine);
        const copy = names().find((name) => name !== 'web') ?? '';
        expect(copy).toMatch(/^web\.run-/);
        await expect(host.handle(copy, { kind: 'type', text: 'x' }, 'anna')).rejects.toMatchObject({
          code: 'control-held',
          message: expect.stringContaining('the scenario types a word') as string,
        });
        await machine.screen.getByText('before').waitFor();
        const snapshot = await machine.snapshot('clean');
        await machine.keyboard.type('scenario');
        await machine.screen.getByText('scenario').waitFor();
        await machine.revert(snapshot);
        expect((await machine.screen.frame()).grid?.lines.join('\n')).not.toContain('scenario');
        expect(await rows('web')).not.toContain('scenario');
      }
      await allGone();
      expect(await rows('web')).toContain('before');
      await host.handle('web', { kind: 'type', text: 'after' });
      await expect.poll(() => rows('web'), { timeout: 60_000 }).toContain('beforeafter');
      const events = host.events
        .search({ machine: 'web', limit: 100, after: 0 })
        .filter(({ kind }) => kind.startsWith('scenario'));
      expect(events.map(({ kind, detail }) => [kind, detail?.split(',')[0]])).toEqual([
        ['scenario-began', 'types a word'],
        ['scenario-ended', 'types a word'],
      ]);
    },
  );
}

/** Looks on as a viewer, as a page with thumbnails, and as somebody with a serial console, until it is told to stop. */
async function lookOn(name: string): Promise<{ viewer: TestViewer; stop: () => Promise<void> }> {
  const headers = { authorization: `Bearer ${process.env['GUESTWRIGHT_TOKEN'] ?? ''}` };
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/machines/${name}/console`, { headers });
  const viewer = new TestViewer(createWebSocketStream(socket));
  await viewer.begin('RFB 003.008\n');
  viewer.setEncodings(16, 1, -223);
  await viewer.until(() => viewer.rgb.some((value) => value > 0));
  const over = new AbortController();
  const looks = (async () => {
    while (!over.signal.aborted) {
      await host.look(name);
      await host.serialSince(name, { port: 0, at: null });
    }
  })();
  const stop = async (): Promise<void> => {
    over.abort();
    await looks;
    socket.terminate();
  };
  return { viewer, stop };
}

const copyNow = () => names().find((name) => name !== 'web') ?? '';

test('whoever looks on at a scenario sees what it does, and nothing of it becomes otherwise', async () => {
  await createRunning('v86');
  await ended(host.snapshot('web', 'typed', null));
  const run = async (isWatched: boolean): Promise<unknown> => {
    await using machine = await machineOfHost({ machine: 'host://web', snapshot: 'typed' });
    const watch = isWatched ? await lookOn(copyNow()) : null;
    const before = Buffer.from(watch?.viewer.rgb ?? []);
    const times = [(await machine.screen.frame()).time];
    for (const word of ['one', 'two']) {
      await machine.keyboard.type(word);
      await machine.screen.getByText(word).waitFor();
      times.push(machine.clock.now);
    }
    await watch?.viewer.until(() => !watch.viewer.rgb.equals(before));
    await watch?.stop();
    return { times, hash: await machine.stateHash() };
  };
  const alone = await run(false);
  await allGone();
  expect(await run(true)).toEqual(alone);
});

test.skipIf(!hasQemu)('whoever looks on takes no change from a scenario that waits for it (QEMU)', async () => {
  await createRunning('qemu');
  await using machine = await machineOfHost({ machine: 'host://web' });
  const watch = await lookOn(copyNow());
  const started = machine.clock.now;
  for (const word of ['one', 'two', 'three', 'four']) {
    await machine.keyboard.type(word);
    await machine.screen.getByText(word).waitFor({ timeout: 120_000 });
  }
  // A change that somebody else has been told of is seen when the time is up.
  expect(machine.clock.now - started).toBeLessThan(120_000);
  await watch.stop();
});

test('two scenarios begin at a snapshot of a machine that is off, and know nothing of each other', async () => {
  await createRunning('v86');
  await ended(host.snapshot('web', 'typed', null));
  await ended(host.powerOff('web', null));
  const begun = { machine: 'host://web', snapshot: 'typed' } as const;
  const [one, other] = await Promise.all([machineOfHost(begun), machineOfHost(begun)]);
  await one.keyboard.type('one');
  await other.keyboard.type('other');
  await one.screen.getByText('beforeone').waitFor();
  await other.screen.getByText('beforeother').waitFor();
  // Nothing but what they typed can have made a difference.
  await one.reset();
  await one.screen.getByText('>').waitFor();
  await one.powerOff();
  await one.waitForPowerOff();
  await one.start();
  await one.screen.getByText('>').waitFor();
  await Promise.all([one.dispose(), other.dispose()]);
  await allGone();
  expect(host.list()).toMatchObject([{ name: 'web', state: 'turned-off' }]);
  const snapshots = (await host.details('web')).snapshots.map(({ name }) => name);
  expect(snapshots).toEqual(['typed']);
});

test('a machine that is off is switched on for the scenario; media of this computer are none of the host', async () => {
  await host.create({ name: 'web', spec: { engine: 'v86', floppy: join(folder, 'typewriter.img'), memory: 8 } }, null);
  await using machine = await machineOfHost({ machine: 'host://web' });
  await machine.screen.getByText('>').waitFor();
  await expect(machine.insert('floppy0', join(folder, 'typewriter.img'))).rejects.toMatchObject({
    code: 'host-input-refused',
  });
  await expect(machine.saveState(join(folder, 'a.state'))).rejects.toMatchObject({ code: 'host-state-refused' });
  await machine.keyboard.type('goes on');
  await machine.screen.getByText('goes on').waitFor();
  await machine.dispose();
  await allGone();
});

test('whoever is gone leaves nothing, and nor does a daemon that was killed', async () => {
  await createRunning('v86');
  const lost = await machineOfHost({ machine: 'host://web' });
  const waiting = expect(lost.screen.getByText('never').waitFor({ timeout: 10_000_000 })).rejects.toMatchObject({
    code: 'host-lost',
  });
  await close();
  await waiting;
  expect(lost.failure).toMatchObject({ kind: 'infrastructure' });
  await lost.dispose();
  await open();
  await allGone();
  expect(await rows('web')).toContain('before');
});

test('refusals are typed and name what to do', async () => {
  await expect(machineOfHost({ machine: 'host://nobody' })).rejects.toMatchObject({ code: 'machine-unknown' });
  await host.create({ name: 'web', spec: { engine: 'v86', floppy: join(folder, 'typewriter.img'), memory: 8 } }, null);
  await expect(machineOfHost({ machine: 'host://web', snapshot: 'none' })).rejects.toMatchObject({
    code: 'snapshot-missing',
  });
  await expect(machineOfHost({ machine: 'host://a/b' })).rejects.toMatchObject({
    code: 'host-reference-invalid',
  });
  process.env['GUESTWRIGHT_TOKEN'] = await tokens.make('reader', { host: [], machines: { web: ['read'] } });
  await expect(machineOfHost({ machine: 'host://web' })).rejects.toMatchObject({ code: 'right-missing' });
  process.env['GUESTWRIGHT_TOKEN'] = 'wrong';
  await expect(machineOfHost({ machine: 'host://web' })).rejects.toMatchObject({ code: 'token-wrong' });
  process.env['GUESTWRIGHT_HOST'] = 'http://127.0.0.1:9';
  await expect(machineOfHost({ machine: 'host://web' })).rejects.toMatchObject({ code: 'host-unreachable' });
  expect(names()).toEqual(['web']);
});

test('what is sent over the socket is looked at', async () => {
  await createRunning('v86');
  const authorization = `Bearer ${process.env['GUESTWRIGHT_TOKEN'] ?? ''}`;
  const url = `${server.url.replace('http', 'ws')}/api/v1/machines/web/drive`;
  const socket = new WebSocket(url, { headers: { authorization } });
  const said: Record<string, unknown>[] = [];
  socket.on('message', (data: Buffer) => said.push(JSON.parse(data.toString()) as Record<string, unknown>));
  await expect.poll(() => said.some((one) => 'ready' in one), { timeout: 60_000 }).toBe(true);
  const wrong = [
    { call: 'input', input: { kind: 'media', drive: 'floppy0', medium: { source: { kind: 'file', path: 'x' } } } },
    { call: 'exportSnapshot', id: 'x', file: 'x' },
    { call: 'input', input: { kind: 'key', code: 'NoKey', down: true } },
    { call: 'advance', limit: -1, stopOn: [] },
    { call: 'restore', id: 'nobody' },
    'x',
  ];
  for (const [id, request] of wrong.entries()) socket.send(JSON.stringify({ id, request }));
  await expect.poll(() => said.filter((one) => 'failure' in one).length, { timeout: 30_000 }).toBe(wrong.length);
  socket.send('no JSON');
  await expect.poll(() => socket.readyState, { timeout: 30_000 }).toBe(WebSocket.CLOSED);
  await allGone();
  expect(await readFile(join(folder, 'host', 'machines', 'web', 'machine.json'), 'utf8')).toContain('"web"');
});
