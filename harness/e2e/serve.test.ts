/** `guestwright serve` and `guestwright machine`, as processes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { poweringOffOnButton } from '../../sdk/engines/conformance/boot-sector.js';
import { echoingGuest } from './tiny-guests.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

let folder = '';
let daemon: ResultPromise<{ reject: false; all: true }> | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-serve-'));
  writeFileSync(join(folder, 'echo.img'), echoingGuest());
});
afterEach(async () => {
  daemon?.kill('SIGTERM');
  await daemon;
  daemon = null;
  rmSync(folder, { recursive: true, force: true });
});

const env = () => ({ GUESTWRIGHT_HOST_FOLDER: join(folder, 'host') });

async function serve(): Promise<string> {
  const started = execa(process.execPath, [MAIN, 'serve'], { env: env(), reject: false, all: true, cwd: folder });
  daemon = started;
  return await new Promise((resolve) => started.all.once('data', (text: Buffer) => resolve(text.toString())));
}

async function guestwright(...args: string[]): Promise<{ exitCode: number | undefined; all: string }> {
  const { exitCode, all } = await execa(process.execPath, [MAIN, ...args], {
    env: env(),
    reject: false,
    all: true,
    cwd: folder,
  });
  return { exitCode, all };
}

const machine = async (...args: string[]) => await guestwright('machine', ...args);

async function done(...args: string[]): Promise<string> {
  const { exitCode, all } = await machine(...args);
  expect(`${all}\n${exitCode ?? ''}`).toMatch(/\n0$/);
  return all;
}

test('a machine is made, typed into, looked at, saved, and removed when that is confirmed', async () => {
  expect((await machine('list')).all).toContain('guestwright serve');
  expect((await machine('list')).exitCode).toBe(3);
  expect(await serve()).toMatch(/is served at http:\/\/127\.0\.0\.1:\d+: 0 machines/);
  expect(await done('list')).toBe('This host has no machine: guestwright machine create');
  await done('create', 'echo', '--floppy', 'echo.img', '--memory', '8', '--disk', '1');
  await done('start', 'echo');
  await expect.poll(async () => await done('screen', 'echo'), { timeout: 60_000 }).toContain('READY');
  await done('type', 'echo', 'abc');
  await expect.poll(async () => await done('screen', 'echo'), { timeout: 60_000 }).toContain('abc');
  await done('press', 'echo', 'Enter');
  expect(await done('screen', 'echo', '-o', 'screen.png')).toContain('screen.png: 720x400');
  expect(readFileSync(join(folder, 'screen.png')).toString('latin1', 1, 4)).toBe('PNG');
  for (const args of [
    ['pause'],
    ['resume'],
    ['snapshot', 'one'],
    ['revert', 'one'],
    ['reset'],
    ['remove-snapshot', 'one'],
    ['save'],
  ]) {
    const [command = '', ...more] = args;
    await done(command, 'echo', ...more);
  }
  expect(await done('list')).toMatch(/^echo +saved +v86/);
  expect(JSON.parse(await done('list', '--json'))).toMatchObject([{ name: 'echo', state: 'saved' }]);
  await done('clone', 'echo', 'second', '--linked');
  await done('rename', 'second', 'other');
  await done('discard-state', 'other');
  expect(JSON.parse(await done('info', 'other'))).toMatchObject({
    state: 'turned-off',
    config: { spec: { memory: 8 } },
  });
  expect(await done('events', '--machine', 'other')).toContain('renamed by local  it was second');
  const refused = await machine('delete', 'other');
  expect([refused.exitCode, refused.all]).toEqual([2, expect.stringContaining('machine.json')]);
  await done('delete', 'other', '--yes');
  await done('start', 'echo');
  await done('insert', 'echo', 'floppy0', 'echo.img');
  await done('eject', 'echo', 'floppy0');
  const noDrive = await machine('eject', 'echo', 'cdrom0');
  expect([noDrive.exitCode, noDrive.all]).toEqual([2, expect.stringContaining('cdrom0')]);
  const runs = await machine('configure', 'echo', '--memory', '16');
  expect([runs.exitCode, runs.all]).toEqual([2, expect.stringContaining('runs')]);
  await done('power-off', 'echo');
  await done('configure', 'echo', '--memory', '16', '--notes', 'of the tests', '--cpu-weight', '50', '--undo', 'off');
  expect(JSON.parse(await done('info', 'echo'))).toMatchObject({
    config: {
      notes: 'of the tests',
      undo: null,
      cpu: { weight: 50 },
      spec: { memory: 16, floppy: expect.stringContaining('echo.img') as string },
    },
  });
});

test('a daemon that is told to end saves its machines, and the next starts them as before', async () => {
  await serve();
  await done('create', 'echo', '--floppy', 'echo.img', '--memory', '8', '--autostart', 'as-before');
  await done('start', 'echo');
  await expect.poll(async () => await done('screen', 'echo'), { timeout: 60_000 }).toContain('READY');
  daemon?.kill('SIGTERM');
  const { exitCode, all } = (await daemon) ?? {};
  expect([exitCode, all]).toEqual([0, expect.stringContaining('machines are saved')]);
  await serve();
  await expect.poll(async () => await done('list'), { timeout: 60_000 }).toMatch(/echo +running/);
  expect(await done('screen', 'echo')).toContain('READY');
  const second = await guestwright('serve');
  expect([second.exitCode, second.all]).toEqual([2, expect.stringContaining('is served already')]);
});

test('a host says what it does and has, runs hooks, shuts a guest down, and its undo disks are decided on', async () => {
  writeFileSync(join(folder, 'button.img'), poweringOffOnButton(0xb004));
  await serve();
  const hook = { name: 'tell', on: ['state'], program: process.execPath, arguments: ['-e', 'console.log("told")'] };
  const hooks = join(folder, 'host', 'hooks.json');
  writeFileSync(hooks, JSON.stringify({ version: 1, hooks: [hook] }), { mode: 0o600 });
  daemon?.kill('SIGHUP');
  await expect.poll(async () => await done('events')).toContain('hooks-read  1 hooks');
  const created = [
    '--floppy',
    'button.img',
    '--memory',
    '8',
    '--disk',
    '1',
    '--undo',
    'keep',
    '--autostart-delay',
    '2',
  ];
  await done('create', 'button', ...created);
  await done('start', 'button');
  expect(await done('host')).toMatch(/machines: 1 of 1 run\n +button +\d+\.\d % +\d+ MB of 3\d\d MB/);
  await expect.poll(async () => await done('screen', 'button'), { timeout: 60_000 }).toContain('>');
  await done('snapshot', 'button', 'prompt');
  await done('clone', 'button', 'fork', '--snapshot', 'prompt');
  expect(await done('list')).toMatch(/^fork +saved +v86 +It begins at the snapshot "prompt"/m);
  await done('shutdown', 'button', '--limit', '60');
  expect(await done('list')).toMatch(/^button +turned-off/);
  expect(await done('events', '--text', 'hook tell')).toContain('for state');
  await done('discard-changes', 'button');
  const nothing = await machine('commit', 'button');
  expect([nothing.exitCode, nothing.all]).toEqual([2, expect.stringContaining('no changes to decide on')]);
  const [, task = ''] = /^([0-9a-f-]{36}) +button +shutdown by local: done$/m.exec(await done('tasks')) ?? [];
  const ended = await machine('cancel', task);
  expect([ended.exitCode, ended.all]).toEqual([2, expect.stringContaining('it is done')]);
  daemon?.kill('SIGTERM');
  await daemon;
  const size = await guestwright('serve', '--memory', 'much');
  expect([size.exitCode, size.all]).toEqual([2, expect.stringContaining('--memory is no size')]);
});

test('wrong use is said with its exit code', async () => {
  await serve();
  const unknown = await machine('start', 'nobody');
  expect([unknown.exitCode, unknown.all]).toEqual([2, expect.stringContaining('There is no machine nobody')]);
  const wrong = await machine('create', 'wrong', '--memory', 'much');
  expect([wrong.exitCode, wrong.all]).toEqual([2, expect.stringContaining('memory')]);
  const name = await machine('create', '../up');
  expect(name.exitCode).toBe(2);
  const elsewhere = await machine('list', '--host', 'http://127.0.0.1:9');
  expect([elsewhere.exitCode, elsewhere.all]).toEqual([2, expect.stringContaining('GUESTWRIGHT_TOKEN')]);
  const open = await guestwright('serve', '--address', '0.0.0.0', '--folder', join(folder, 'open'));
  expect([open.exitCode, open.all]).toEqual([2, expect.stringContaining('--tls-cert')]);
});
