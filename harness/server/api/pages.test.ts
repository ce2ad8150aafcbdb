/** The page of a host, and what browsers are told about it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PAGES } from '../../live/server.js';
import { bearer, openTestApi, type TestApi } from './api.test.helper.js';
import { ALL_GRANTS } from './rights.js';

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
});
afterEach(async () => await api[Symbol.asyncDispose]());

test.skipIf(!existsSync(PAGES))(
  'the page is for everybody, runs no script but its own, and is in no frame',
  async () => {
    const answer = await fetch(`${api.server.url}/`);
    const [text, policy] = [await answer.text(), answer.headers.get('content-security-policy') ?? ''];
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html;charset=utf-8']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    const [script = ''] = /\.\/assets\/[^"]+\.js/.exec(text) ?? [];
    const file = await fetch(new URL(script, `${api.server.url}/`));
    expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    for (const path of [
      '/assets/../host.html',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/none.js',
      '/index.html',
    ]) {
      expect((await fetch(`${api.server.url}${path}`)).status).not.toBe(200);
    }
  },
);

test('no answer of the API is kept by a browser', async () => {
  const token = await api.token(ALL_GRANTS);
  const answer = await fetch(`${api.server.url}/api/v1/machines`, { headers: bearer(token) });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const refused = await fetch(`${api.server.url}/api/v1/machines`);
  expect([refused.status, refused.headers.get('cache-control')]).toEqual([401, 'no-store']);
});

test('a thumbnail is sent once, and again when the screen is another', async () => {
  const params = { name: 'first' };
  const spec = { floppy: join(api.folder, 'typewriter.img'), memory: 8 };
  await api.all.call('createMachine', { body: { name: 'first', spec } });
  await expect(api.all.call('thumbnail', { params, query: {} })).rejects.toMatchObject({ code: 'machine-not-running' });
  await api.all.finish(await api.all.call('startMachine', { params }));
  const rows = async () => (await api.all.call('look', { params })).rows?.join('\n');
  await expect.poll(rows, { timeout: 60_000 }).toContain('>');
  const next = async (unless?: string) =>
    await api.all.call('thumbnail', { params, query: { width: 160, ...(unless === undefined ? {} : { unless }) } });
  // What the firmware had on the screen may be what was seen last.
  let { seen } = await next();
  await expect
    .poll(async () => {
      const again = await next(seen);
      seen = again.seen;
      return again.png;
    })
    .toBeNull();
  const whole = Buffer.from((await next()).png ?? '', 'base64');
  expect([whole.toString('latin1', 1, 4), whole.readUInt32BE(16), whole.readUInt32BE(20)]).toEqual(['PNG', 160, 89]);
  await api.all.call('handle', { params, body: { kind: 'type', text: 'x' } });
  await expect.poll(async () => (await next(seen)).png, { timeout: 60_000 }).not.toBeNull();
});

test('a snapshot has its picture', async () => {
  const params = { name: 'first' };
  const spec = { floppy: join(api.folder, 'typewriter.img'), memory: 8 };
  await api.all.call('createMachine', { body: { name: 'first', spec } });
  await api.all.finish(await api.all.call('startMachine', { params }));
  await api.all.finish(await api.all.call('takeSnapshot', { params, body: { name: 'one' } }));
  const { png } = await api.all.call('snapshotPicture', { params: { ...params, snapshot: 'one' } });
  expect(Buffer.from(png, 'base64').toString('latin1', 1, 4)).toBe('PNG');
  const missing = api.all.call('snapshotPicture', { params: { ...params, snapshot: 'two' } });
  await expect(missing).rejects.toMatchObject({ code: 'snapshot-missing' });
});

test('what a machine can be made of is listed, without fonts', async () => {
  const images = await api.all.call('listImages', {});
  expect(images.map(({ name }) => name)).toContain('grub-rescue');
  expect(images.every(({ parts }) => parts.length > 0)).toBe(true);
});
