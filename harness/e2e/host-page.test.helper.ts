/** A host with its page, and a browser that has it open. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { onTestFinished } from 'vitest';
import { HostClient } from '../server/api/client.js';
import { ALL_GRANTS } from '../server/api/rights.js';
import { serveHost, type HostServer, type ServeOptions } from '../server/api/serve.js';
import { Tokens } from '../server/api/tokens.js';
import { Host } from '../server/host/host.js';
import { echoingGuest, tickingGuest } from './tiny-guests.js';

/** Wall ms for a machine on a busy host. */
export const SLOW_MS = 120_000;

export interface PagedHost {
  folder: string;
  host: Host;
  tokens: Tokens;
  server: HostServer;
  client: HostClient;
  token: string;
  /** A medium of this folder. */
  medium: (name: 'echo.img' | 'ticking.img') => string;
  /** Made and started. */
  start: (name: string, spec: Record<string, unknown>) => Promise<void>;
}

export async function servePagedHost(options: Partial<ServeOptions> = {}): Promise<PagedHost> {
  const folder = mkdtempSync(join(tmpdir(), 'guestwright-test-page-'));
  writeFileSync(join(folder, 'echo.img'), echoingGuest());
  writeFileSync(join(folder, 'ticking.img'), tickingGuest());
  const host = await Host.open(join(folder, 'host'));
  const tokens = await Tokens.open(join(folder, 'host', 'tokens.json'));
  const server = await serveHost(host, tokens, { address: '127.0.0.1', port: 0, tls: null, ...options });
  const token = await tokens.make('anna', ALL_GRANTS);
  const client = new HostClient(server.url, token);
  const end = async (): Promise<void> => {
    await host.tasks.allEnded();
    for (const { name, state } of host.list()) {
      if (state === 'turned-off' || state === 'saved') continue;
      await host.tasks.ended(host.powerOff(name, null).id);
    }
    await server[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  onTestFinished(async () => await end());
  return {
    folder,
    host,
    tokens,
    server,
    client,
    token,
    medium: (name) => join(folder, name),
    start: async (name, spec) => {
      await client.call('createMachine', { body: { name, spec } });
      await client.finish(await client.call('startMachine', { params: { name } }));
    },
  };
}

export interface OpenPage {
  page: Page;
  /** What the page, its console or its policy complained about. */
  errors: string[];
}

export async function openPage(browser: Browser, url: string): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 850 }, colorScheme: 'dark' });
  onTestFinished(async () => await context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(SLOW_MS);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // A refusal of the host is no fault of the page, and is shown in it.
    if (
      message.type() === 'error' &&
      !/the server responded with a status of|WebSocket connection/.test(message.text())
    )
      errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByRole('button', { name: 'Token' }).click();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** For the documentation, when it is asked for. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['GUESTWRIGHT_DOCS_PICTURES'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}
