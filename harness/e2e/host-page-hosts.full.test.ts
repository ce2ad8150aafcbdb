/** Several hosts in one page: one that is gone, and one that is not to be trusted, leave the others alone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { serveHost } from '../server/api/serve.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { openPage, servePagedHost, signIn, SLOW_MS } from './host-page.test.helper.js';

let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
});

const NAUGHTY = '<img src=x onerror=alert(1)>';

/** Answers whatever it likes, to every page. */
async function hostileHost(): Promise<string> {
  const machine = { id: 'x', since: 'never', engine: NAUGHTY, detail: NAUGHTY };
  const answers: Record<string, unknown> = {
    '/api/v1/machines': [
      { ...machine, name: NAUGHTY, state: 'running' },
      { ...machine, name: '../../up', state: `__proto__` },
      { ...machine, name: 'a/b#c?d', state: 'saved' },
      { ...machine, name: 'half', state: 'saved' },
    ],
    '/api/v1/tasks': [{ id: NAUGHTY, kind: NAUGHTY, state: 'done', started: NAUGHTY, failure: { message: NAUGHTY } }],
    '/api/v1/events': [{ id: 1, at: NAUGHTY, machine: NAUGHTY, kind: NAUGHTY, by: NAUGHTY, detail: '\u202egnp.exe' }],
    '/api/v1/tickets': { ticket: 't' },
    [`/api/v1/machines/${encodeURIComponent(NAUGHTY)}`]: {
      ...machine,
      name: NAUGHTY,
      state: 'running',
      folder: NAUGHTY,
      config: { spec: { cdrom: NAUGHTY, disks: [NAUGHTY, { path: NAUGHTY }], serial: 2 }, notes: NAUGHTY },
      status: { current: 'one' },
      snapshots: ['one', 'two', 'three'].map((id) => ({
        id,
        name: `${NAUGHTY} ${id}`,
        // Two that are each other's parent, and one that has a parent nowhere.
        parent: { one: 'two', two: 'one' }[id] ?? 'nowhere',
        created: NAUGHTY,
        time: NAUGHTY,
      })),
    },
    '/api/v1/machines/half': { ...machine, name: 'half', config: {}, status: {}, snapshots: [] },
    '/api/v1/images': [{ name: NAUGHTY, description: NAUGHTY, parts: [], machine: {}, cached: true, size: null }],
  };
  const server = createServer(({ url = '', method }, response) => {
    const path = url.split('?')[0] ?? '';
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*');
    response.setHeader('access-control-allow-methods', '*');
    if (method === 'OPTIONS') response.writeHead(204).end();
    else if (path.endsWith('/thumbnail')) response.end(JSON.stringify({ seen: NAUGHTY, png: 'bm8gcGljdHVyZQ==' }));
    else response.end(JSON.stringify(answers[path] ?? { folder: NAUGHTY }));
  });
  const sockets = new WebSocketServer({ server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.skipIf(CHROMIUM === null)(
  'a host that answers with anything is shown as text, beside one that is whole',
  async () => {
    const { server, token, start, medium } = await servePagedHost();
    await start('honest', { floppy: medium('echo.img'), memory: 8 });
    const evil = await hostileHost();
    const { page, errors } = await openPage(browser, server.url);
    await signIn(page, token);
    await page.getByRole('link', { name: 'honest, running' }).waitFor();
    await page.getByRole('button', { name: '+ Add a host' }).click();
    await page.getByLabel('Address').fill(evil);
    await signIn(page, 'whatever');
    const group = page.getByRole('region', { name: evil.slice('http://'.length) });
    await group.getByText(NAUGHTY).waitFor();
    await group.getByRole('link', { name: NAUGHTY }).click();
    for (const tab of ['Snapshots', 'Hardware and settings', 'Serial console', 'Events']) {
      await page.getByRole('link', { name: tab }).click();
    }
    // What is missing of one side of a machine leaves the others there.
    await group.getByRole('link', { name: 'half' }).click();
    await page.getByRole('link', { name: 'Hardware and settings' }).click();
    await page.getByRole('alert').getByText('answered what this page does not understand').waitFor();
    await page.getByRole('link', { name: 'Snapshots' }).click();
    await page.getByText('does not understand').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'honest', exact: false }).first().click();
    await page.getByRole('heading', { name: 'honest' }).waitFor();
    await page.getByRole('button', { name: 'Power off' }).waitFor();
    expect(errors).toEqual([]);
  },
);

test.skipIf(CHROMIUM === null)('two hosts are in one page, and one that ends and comes back is seen to', async () => {
  const one = await servePagedHost();
  const two = await servePagedHost({ pages: [one.server.url] });
  await one.start('first', { floppy: one.medium('echo.img'), memory: 8 });
  await two.start('second', { floppy: two.medium('ticking.img'), memory: 8 });
  const { page, errors } = await openPage(browser, one.server.url);
  await signIn(page, one.token);
  await page.getByRole('link', { name: 'first, running' }).waitFor();
  await page.getByRole('button', { name: '+ Add a host' }).click();
  await page.getByLabel('Address').fill(two.server.url);
  await signIn(page, two.token);
  const [first, second] = [one, two].map(({ server }) =>
    page.getByRole('region', { name: server.url.slice('http://'.length) }),
  );
  await second?.getByText('second').waitFor();
  // The second ends: it is said, and the first goes on.
  const port = Number(new URL(two.server.url).port);
  await two.server[Symbol.asyncDispose]();
  await second?.getByRole('img', { name: 'not connected' }).waitFor();
  await first?.getByText('first').click();
  await page.getByRole('heading', { name: 'first' }).waitFor();
  await one.client.call('pauseMachine', { params: { name: 'first' } });
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  const again = await serveHost(two.host, two.tokens, {
    address: '127.0.0.1',
    port,
    tls: null,
    pages: [one.server.url],
  });
  onTestFinished(async () => await again[Symbol.asyncDispose]());
  await second?.getByRole('img', { name: 'connected', exact: true }).waitFor({ timeout: SLOW_MS });
  // The browser tells of a host that is gone, whatever it was asked: refused, or cut off in the middle.
  expect(errors.filter((error) => !/net::ERR_CONNECTION_(?:REFUSED|RESET|CLOSED)/.test(error))).toEqual([]);
});
