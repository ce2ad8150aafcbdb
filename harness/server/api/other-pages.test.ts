/** Pages of other hosts: those that were named read answers, and others do not. */
import { afterEach, expect, test } from 'vitest';
import { ALL_GRANTS } from './rights.js';
import { bearer, openTestApi, type TestApi } from './api.test.helper.js';
import { parseOrigin } from './other-pages.js';

let api: TestApi | null = null;
afterEach(async () => {
  await api?.[Symbol.asyncDispose]();
  api = null;
});

const PAGE = 'https://console.example';
const EVIL = 'https://evil.example';

async function asked(origin: string, method = 'GET', headers: Record<string, string> = {}) {
  const answer = await fetch(`${api?.server.url ?? ''}/api/v1/machines`, { method, headers: { origin, ...headers } });
  return {
    status: answer.status,
    readableBy: answer.headers.get('access-control-allow-origin'),
    credentials: answer.headers.get('access-control-allow-credentials'),
    headers: answer.headers.get('access-control-allow-headers'),
  };
}

const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };

test('a page that was named reads answers, refusals as well, and opens WebSockets', async () => {
  api = await openTestApi({ pages: [PAGE] });
  const token = await api.token(ALL_GRANTS);
  expect(await asked(PAGE, 'OPTIONS', PREFLIGHT)).toMatchObject({
    status: 204,
    readableBy: PAGE,
    credentials: null,
    headers: 'authorization, content-type',
  });
  expect(await asked(PAGE, 'GET', bearer(token))).toMatchObject({ status: 200, readableBy: PAGE, credentials: null });
  expect(await asked(PAGE)).toMatchObject({ status: 401, readableBy: PAGE });
  expect(await asked(EVIL, 'OPTIONS', PREFLIGHT)).toMatchObject({ readableBy: null });
  expect(await asked(EVIL, 'GET', bearer(token))).toMatchObject({ status: 403, readableBy: null });
  for (const other of [`${PAGE}:8443`, 'http://console.example', `${PAGE}.evil.example`, 'null']) {
    expect(await asked(other, 'GET', bearer(token)), other).toMatchObject({ status: 403, readableBy: null });
  }
  for (const [origin, expected] of [
    [PAGE, 'open'],
    [EVIL, '403'],
  ] as const) {
    const { ticket } = await api.all.call('makeTicket', {});
    const { outcome, socket } = await api.socket(`/events/stream?ticket=${ticket}`, { origin });
    socket.terminate();
    expect(outcome).toBe(expected);
  }
});

test('without one that was named no page of another host gets anything', async () => {
  api = await openTestApi();
  const token = await api.token(ALL_GRANTS);
  expect(await asked(PAGE, 'OPTIONS', PREFLIGHT)).toMatchObject({ status: 404, readableBy: null });
  expect(await asked(PAGE, 'GET', bearer(token))).toMatchObject({ status: 403, readableBy: null });
});

test('a page is named by its origin', () => {
  expect(parseOrigin('https://console.example:8443/')).toBe('https://console.example:8443');
  for (const wrong of [
    '*',
    'null',
    'console.example',
    `${PAGE}/page`,
    'https://u:p@console.example',
    'file:///x',
    '',
  ]) {
    expect(() => parseOrigin(wrong), wrong).toThrow('is not the origin of a page');
  }
});
