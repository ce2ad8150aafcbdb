/** What the page changes of a machine: how it is kept, its undo disks, another machine from a snapshot, and its power button. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poweringOffOnButton } from '../../sdk/engines/conformance/boot-sector.js';
import { CHROMIUM, startChromium } from './chromium.js';
import { openPage, servePagedHost, signIn, SLOW_MS } from './host-page.test.helper.js';

let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM !== null) browser = await startChromium();
});
afterAll(async () => {
  if (CHROMIUM !== null) await browser.close();
});

test.skipIf(CHROMIUM === null)('undo disks and settings are set, and what was written is discarded', async () => {
  const { server, token, client, medium } = await servePagedHost();
  const params = { name: 'echo' };
  await client.call('createMachine', {
    body: { name: 'echo', spec: { engine: 'v86', floppy: medium('echo.img'), memory: 8, disks: [{ sizeMb: 1 }] } },
  });
  const { page, errors } = await openPage(browser, server.url);
  await signIn(page, token);
  await page.getByRole('link', { name: 'echo, off' }).click();
  await page.getByRole('link', { name: 'Hardware and settings' }).click();
  await page.getByLabel('Notes').fill('<b>bold</b> & kept');
  await page.getByLabel('When the host starts').selectOption('always');
  await page.getByLabel('Seconds to wait before that').fill('7');
  await page.getByLabel('When the host ends').selectOption('shutdown');
  await page.getByLabel('What it writes to its disks').selectOption('keep');
  await page.getByLabel('A share of the processors of its own').check();
  await page.getByLabel('Weight beside other machines').fill('50');
  await page.getByRole('button', { name: 'Save settings' }).click();
  const config = async () => (await client.call('describeMachine', { params })).config;
  await expect
    .poll(async () => await config())
    .toMatchObject({
      notes: '<b>bold</b> & kept',
      autostart: 'always',
      autostartDelay: 7,
      onQuit: 'shutdown',
      undo: 'keep',
      cpu: { weight: 50, cap: null, reservation: 0 },
    });
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText('What it writes to its disks can be undone once it is off.').waitFor();
  await page.getByRole('button', { name: 'Power off' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Power off' }).click();
  const undo = page.getByRole('region', { name: 'Undo disks' });
  await undo.getByText('is to be decided on').waitFor();
  await undo.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await undo.waitFor({ state: 'detached' });
  expect((await client.call('describeMachine', { params })).hasChanges).toBe(false);
  await page.getByRole('button', { name: 'Clone' }).click();
  const clone = page.getByRole('dialog');
  await clone.getByLabel('Linked').check();
  await clone.getByText('Made at once').waitFor();
  await clone.getByRole('button', { name: 'Clone' }).click();
  await page.getByRole('heading', { name: 'echo-copy' }).waitFor();
  expect((await client.call('searchEvents', { query: { kind: 'created' } })).at(-1)?.detail).toBe(
    'a linked clone of echo',
  );
  expect(errors).toEqual([]);
});

test.skipIf(CHROMIUM === null)('another machine goes on from a snapshot; a guest is asked to shut down', async () => {
  const { server, token, client, start, medium, folder } = await servePagedHost();
  await start('echo', { floppy: medium('echo.img'), memory: 8 });
  const screen = async (name: string) =>
    await client.call('look', { params: { name } }).then(
      ({ rows }) => rows?.join('\n') ?? '',
      () => '',
    );
  await expect.poll(async () => await screen('echo'), { timeout: SLOW_MS }).toContain('READY');
  await client.call('handle', { params: { name: 'echo' }, body: { kind: 'type', text: 'before' } });
  await expect.poll(async () => await screen('echo'), { timeout: SLOW_MS }).toContain('before');
  await client.finish(await client.call('takeSnapshot', { params: { name: 'echo' }, body: { name: 'typed' } }));
  await client.call('handle', { params: { name: 'echo' }, body: { kind: 'type', text: 'after' } });
  const { page, errors } = await openPage(browser, server.url);
  await signIn(page, token);
  await page.getByRole('link', { name: 'echo, running' }).click();
  await page.getByRole('link', { name: /^Snapshots/ }).click();
  await page.getByRole('article', { name: 'typed' }).getByRole('button', { name: 'Fork' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Fork and start' }).click();
  await page.getByRole('heading', { name: 'echo-fork' }).waitFor();
  await expect.poll(async () => await screen('echo-fork'), { timeout: SLOW_MS }).toContain('before');
  expect(await screen('echo-fork')).not.toContain('after');
  await expect.poll(async () => await screen('echo'), { timeout: SLOW_MS }).toContain('beforeafter');

  writeFileSync(join(folder, 'button.img'), poweringOffOnButton(0xb004));
  await start('button', { engine: 'v86', floppy: join(folder, 'button.img'), memory: 8 });
  await expect.poll(async () => await screen('button'), { timeout: SLOW_MS }).toContain('>');
  await page.getByRole('link', { name: 'button running' }).click();
  await page.getByRole('group', { name: 'Power of button' }).getByRole('button', { name: 'Shut down' }).click();
  await page.getByRole('link', { name: 'button off' }).waitFor();
  expect(errors).toEqual([]);
});
