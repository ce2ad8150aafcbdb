/** A Linux guest, whose TCP is not of our making, on a network that leads nowhere but to the machine's own server. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findInstallation } from './installation.js';
import { launch } from '../../machine/launch.js';

const isInstalled = await findInstallation('aarch64').then(
  () => true,
  (error: unknown) => {
    console.log(`Not tested here: ${String(error)}`);
    return false;
  },
);

const MB = 1024 * 1024;
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test.skipIf(!isInstalled)('several files one after the other and two at once arrive whole', async () => {
  await using machine = await launch({
    engine: 'qemu',
    architecture: 'aarch64',
    memory: 256,
    kernel: { path: 'linux-aarch64:kernel', initrd: 'linux-aarch64:initrd' },
    network: { http: true },
  });
  const { http, serial, shell } = machine;
  const files = { a: randomBytes(3 * MB), b: randomBytes(2 * MB) };
  http.serve('a', files.a);
  await writeFile(join(folder, 'b'), files.b);
  http.serveFolder(folder);

  await serial.waitFor(/# $/, { timeout: 600_000 });
  await shell.run('ip address add 10.0.2.15/24 dev eth0 && ip link set eth0 up');
  const run = async (command: string) => await shell.run(`cd /tmp && ${command}`, { timeout: 300_000 });
  const sums = `${digest(files.a)}  a\n${digest(files.b)}  b\n`;

  const one = 'wget -q -O a http://10.0.2.100/a && wget -q -O b http://10.0.2.100/b && sha256sum a b';
  expect(await run(one)).toEqual({ stdout: sums, exitCode: 0 });
  const both = 'rm a b; wget -q -O a http://10.0.2.100/a & wget -q -O b http://10.0.2.100/b & wait; sha256sum a b';
  expect(await run(both)).toEqual({ stdout: sums, exitCode: 0 });
  expect((await run('wget -q -O c http://10.0.2.100/../c')).exitCode).not.toBe(0);
  // It is the only thing there: neither another port nor the host is reached.
  expect((await run('wget -q -O c http://10.0.2.100:81/a')).exitCode).not.toBe(0);
  expect((await run('wget -q -T 5 -O c http://10.0.2.2/')).exitCode).not.toBe(0);

  const asked = http.requests.map(({ target, status, bytes }) => `${target} ${status} ${bytes}`);
  expect(asked.slice(0, 2)).toEqual([`/a 200 ${3 * MB}`, `/b 200 ${2 * MB}`]);
  expect(asked.slice(2, 4).sort()).toEqual([`/a 200 ${3 * MB}`, `/b 200 ${2 * MB}`]);
  expect(asked.slice(4)).toEqual(['/../c 400 0']);
});
