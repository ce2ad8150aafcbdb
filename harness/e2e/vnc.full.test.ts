/** `guestwright machine vnc` with a viewer that people use: TigerVNC's, on an X server of its own. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { execa, type ResultPromise } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { engineNamed } from '../../sdk/engines/index.js';
import { decodePng } from '../../sdk/reading/png.js';
import { TestViewer } from '../../sdk/rfb/viewer.test.helper.js';
import { echoingGuest } from './tiny-guests.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const TOOLS = ['Xvfb', 'xtigervncviewer', 'xdotool', 'import'];

/** `npm run setup -- --with vnc` installs them. */
const missing: string[] = [];
for (const tool of TOOLS) if ((await execa('which', [tool], { reject: false })).exitCode !== 0) missing.push(tool);
/** A VGA's light grey: 42 of 63. */
const TEXT = 168;
const hasQemu = (await (await engineNamed('qemu')).probe()).available;

let folder = '';
const running: ResultPromise<{ reject: false; all: true }>[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-vnc-'));
  writeFileSync(join(folder, 'echo.img'), echoingGuest());
});
afterEach(async () => {
  for (const one of running.splice(0).reverse()) {
    one.kill('SIGTERM');
    await one;
  }
  rmSync(folder, { recursive: true, force: true });
});

const env = (display?: string) => ({
  GUESTWRIGHT_HOST_FOLDER: join(folder, 'host'),
  ...(display === undefined ? {} : { DISPLAY: display, HOME: folder }),
});

/** Goes on until the test ends. @returns what it says first */
async function begin(file: string, args: string[], display?: string): Promise<string> {
  const one = execa(file, args, { env: env(display), reject: false, all: true, cwd: folder });
  running.push(one);
  return await new Promise((resolve) => one.all.once('data', (text: Buffer) => resolve(text.toString())));
}

async function machine(...args: string[]): Promise<string> {
  const { exitCode, all } = await execa(process.execPath, [MAIN, 'machine', ...args], {
    env: env(),
    reject: false,
    all: true,
    cwd: folder,
  });
  expect(`${all}\n${exitCode}`).toMatch(/\n0$/);
  return all;
}

async function startEcho(engine: string): Promise<void> {
  await begin(process.execPath, [MAIN, 'serve']);
  await machine('create', 'echo', '--engine', engine, '--floppy', 'echo.img', '--memory', '16');
  await machine('start', 'echo');
  await expect.poll(async () => await machine('screen', 'echo'), { timeout: 120_000 }).toContain('READY');
}

/** An X server of its own. @returns its display */
async function startX(): Promise<string> {
  const said = await begin('Xvfb', ['-displayfd', '1', '-screen', '0', '1024x768x24', '-nolisten', 'tcp']);
  return `:${said.trim()}`;
}

/** Pixels on the X server in the colour of the guest's text. */
async function textPixels(display: string): Promise<number> {
  const file = join(folder, 'screen.png');
  await execa('import', ['-window', 'root', file], { env: env(display) });
  const { rgba } = decodePng(readFileSync(file), file);
  let lit = 0;
  for (let i = 0; i < rgba.length; i += 4) {
    if (rgba.subarray(i, i + 3).every((value) => value === TEXT)) lit++;
  }
  return lit;
}

test.skipIf(missing.length > 0).each(hasQemu ? ['v86', 'qemu'] : ['v86'])(
  `%s: TigerVNC shows the machine, and what is typed there reaches it`,
  async (engine) => {
    await startEcho(engine);
    const said = await begin(process.execPath, [MAIN, 'machine', 'vnc', 'echo']);
    const [, port = '', password = ''] = /127\.0\.0\.1:(\d+)\. Password: (\w{8})/.exec(said) ?? [];
    const display = await startX();
    const viewer = execa('xtigervncviewer', [`127.0.0.1::${port}`, '-RemoteResize=0'], {
      env: { ...env(display), VNC_PASSWORD: password },
      reject: false,
      all: true,
    });
    running.push(viewer);
    await expect.poll(async () => await textPixels(display), { timeout: 60_000 }).toBeGreaterThan(100);
    const before = await textPixels(display);
    const { stdout: window } = await execa('xdotool', ['search', '--sync', '--onlyvisible', '--name', 'echo'], {
      env: env(display),
    });
    const id = window.split('\n')[0] ?? '';
    await execa('xdotool', ['windowfocus', '--sync', id], { env: env(display) });
    await execa('xdotool', ['mousemove', '--window', id, '200', '200', 'type', '--delay', '60', 'Hi, (x)|~_@'], {
      env: env(display),
    });
    await expect.poll(async () => await machine('screen', 'echo'), { timeout: 60_000 }).toContain('Hi, (x)|~_@');
    await expect.poll(async () => await textPixels(display), { timeout: 60_000 }).toBeGreaterThan(before + 100);
    expect(await machine('control', 'echo')).toMatch(/^local has control of echo, through one viewer/);
  },
);

test('a port needs its password; a socket of one’s own folder needs none; viewers that only look type nothing', async () => {
  await startEcho('v86');
  const said = await begin(process.execPath, [MAIN, 'machine', 'vnc', 'echo']);
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
  const wrong = createConnection(port, '127.0.0.1');
  await once(wrong, 'connect');
  await expect(new TestViewer(wrong).begin('RFB 003.008\n')).rejects.toThrow('The password is wrong');

  const open = await execa(process.execPath, [MAIN, 'machine', 'vnc', 'echo', '--socket', '/tmp/here'], {
    env: env(),
    reject: false,
    all: true,
  });
  expect([open.exitCode, open.all]).toEqual([2, expect.stringContaining('Others may enter /tmp')]);
  mkdirSync(join(folder, 'mine'), { mode: 0o700 });
  const path = join(folder, 'mine', 'vnc');
  expect(await begin(process.execPath, [MAIN, 'machine', 'vnc', 'echo', '--socket', path, '--view-only'])).toContain(
    path,
  );
  const socket = createConnection(path);
  const viewer = new TestViewer(socket);
  expect(await viewer.begin('RFB 003.008\n')).toBe(1);
  viewer.key(0x78, true);
  viewer.request(false);
  await viewer.update();
  expect(viewer.name).toBe('echo');
  expect(await machine('control', 'echo')).toBe('Nobody has control of echo.');
  expect(await machine('control', 'echo', '--take')).toMatch(/^local has control of echo, since/);
  expect(await machine('control', 'echo', '--release', '--force')).toBe('Nobody has control of echo.');
  viewer.stream.destroy();
  const nobody = await execa(process.execPath, [MAIN, 'machine', 'vnc', 'nobody'], {
    env: env(),
    reject: false,
    all: true,
  });
  expect([nobody.exitCode, nobody.all]).toEqual([2, expect.stringContaining('There is no machine nobody')]);
});
