import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reachOf, writeReach } from './default-folder.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-reach-'));
  vi.stubEnv('GUESTWRIGHT_HOST_FOLDER', folder);
  vi.stubEnv('GUESTWRIGHT_TOKEN', 'of-another');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test('the daemon of this computer is found by its folder, and missed with what starts it', async () => {
  await expect(reachOf(undefined)).rejects.toMatchObject({
    code: 'host-unreachable',
    message: expect.stringContaining('guestwright serve') as string,
  });
  const own = { url: 'http://127.0.0.1:4000', token: 'own' };
  await writeReach(folder, own);
  expect(await reachOf('')).toEqual(own);
});

test('another host needs an address and a token', async () => {
  expect(await reachOf('https://build.example:8443/')).toEqual({
    url: 'https://build.example:8443',
    token: 'of-another',
  });
  await expect(reachOf('build.example')).rejects.toMatchObject({ code: 'host-address-invalid' });
  vi.stubEnv('GUESTWRIGHT_TOKEN', '');
  await expect(reachOf('https://build.example')).rejects.toMatchObject({ code: 'host-token-missing' });
});
