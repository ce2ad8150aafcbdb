/** A project that pins an image of its own, on a machine that does not have it. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { makeProject } from './project.js';
import { idlingGuest } from './tiny-guests.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

test('an image that is pinned but not in the cache is a failure of the infrastructure that says how to get it', async () => {
  const image = idlingGuest();
  const sha256 = createHash('sha256').update(image).digest('hex');
  await using project = await makeProject({
    'guest.img': image,
    'scenarios/own.spec.ts': `
      import { expect, test } from 'guestwright';
      test.use({ machineSpec: { floppy: 'own:floppy' } });
      test('boots', async ({ machine }) => { await expect(machine.screen).toShowText('READY'); });
    `,
  });
  const guestwright = async (cache: string, ...args: string[]) =>
    execa(process.execPath, [MAIN, ...args], {
      cwd: project.folder,
      reject: false,
      all: true,
      stdin: 'ignore',
      env: { FORCE_COLOR: '0', GUESTWRIGHT_CACHE: join(project.folder, cache) },
    });
  expect(await guestwright('here', 'images', 'import', 'own', 'guest.img', '--sha256', sha256)).toMatchObject({
    exitCode: 0,
  });
  expect(await guestwright('here', 'run')).toMatchObject({ exitCode: 0 });
  const { exitCode, all } = await guestwright('elsewhere', 'run');
  expect(all).toContain('The image own is not in the cache');
  expect(all).toContain(`with SHA-256 ${sha256}`);
  expect(all).toContain('npx guestwright images import own FILE --sha256 DIGEST');
  expect(exitCode).toBe(3);
});
