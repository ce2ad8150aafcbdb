import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodePng } from '../../sdk/reading/png.js';
import { PACKAGE } from './command-line.js';
import { makeProject, type Project } from './project.js';
import { idlingGuest } from './tiny-guests.js';

const scenario = (...names: string[]): string => `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { floppy: 'guest.img' } });
${names
  .map(
    (name) => `test('${name}', async ({ machine }) => {
  await expect(machine.screen).toShowText(/RE.DY/);
  await expect(machine.screen).toMatchGolden('${name}', { timeout: 1_000 });
});`,
  )
  .join('\n')}
`;

let project: Project;
beforeAll(async () => {
  project = await makeProject({
    'scenarios/golden.spec.ts': scenario('menu', 'gone'),
    'guest.img': idlingGuest('READY'),
  });
});
afterAll(async () => await project[Symbol.asyncDispose]());

async function guestwright(
  ...args: string[]
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(PACKAGE, 'dist/harness/cli/main.js'), ...args],
    {
      cwd: project.folder,
      reject: false,
      stdin: 'ignore',
      env: { FORCE_COLOR: '0' },
    },
  );
  return { exitCode, stdout, stderr };
}

const bytes = async (file: string): Promise<Buffer> => await readFile(join(project.folder, file));

const MENU = 'golden-screens/tiny/golden/menu';

// Each test goes on from where the one before left the goldens, as a person's day would.
describe.sequential('golden', () => {
  test('list says what is on disk and what the last run made of it', async () => {
    await project.run('--update-snapshots=missing');
    await project.write(
      'golden-screens/tiny/other/desk.png',
      encodePng({ width: 2, height: 1, rgba: new Uint8Array(8) }),
    );
    const { exitCode, stdout } = await guestwright('golden', 'list');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      [
        'tiny/golden/gone  720x400  text',
        'tiny/golden/menu  720x400  text',
        'tiny/other/desk   2x1      graphic  not used by the last run',
        '',
        '3 goldens',
      ].join('\n'),
    );
    await project.remove('golden-screens/tiny/other/desk.png');
  });

  test('accept makes what a run refused the golden, byte for byte as -u would', async () => {
    await project.write('guest.img', idlingGuest('REEDY'));
    await project.run('-g', 'menu');
    expect((await guestwright('golden', 'list')).stdout).toMatch(
      /menu +720x400 +text +differs from what the last run saw\n\n2 goldens\n1 to look at: guestwright golden accept$/,
    );
    const asked = await guestwright('golden', 'accept');
    expect(asked).toMatchObject({ exitCode: 2 });
    expect(asked.stderr).toContain('guestwright golden accept --yes');
    const { exitCode, stdout } = await guestwright('golden', 'accept', 'menu', '--yes');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/- +\d+ \| READY\n\+ +\d+ \| REEDY/);
    expect(stdout).toContain('Golden written: golden-screens/tiny/golden/menu.png');
    const accepted = [await bytes(`${MENU}.png`), await bytes(`${MENU}.txt`)];
    expect(await guestwright('golden', 'accept', '--yes')).toMatchObject({ exitCode: 1 });
    await project.remove(`${MENU}.png`);
    await project.run('-g', 'menu', '--update-snapshots=missing');
    expect([await bytes(`${MENU}.png`), await bytes(`${MENU}.txt`)]).toEqual(accepted);
  });

  test('prune refuses after a run of some tests, and removes what a complete run did not use', async () => {
    const refused = await guestwright('golden', 'prune', '--yes');
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toContain('1 that the run did not include');
    await project.write('scenarios/golden.spec.ts', scenario('menu'));
    expect(await project.run()).toMatchObject({ exitCode: 0 });
    const listed = await guestwright('golden', 'prune', '--dry-run');
    expect(listed).toMatchObject({ exitCode: 0, stdout: 'golden-screens/tiny/golden/gone.png' });
    const removed = await guestwright('golden', 'prune', '--yes');
    expect(removed).toMatchObject({ exitCode: 0 });
    await expect(bytes('golden-screens/tiny/golden/gone.png')).rejects.toThrow('ENOENT');
    await expect(bytes('golden-screens/tiny/golden/gone.txt')).rejects.toThrow('ENOENT');
    await bytes(`${MENU}.png`);
    expect((await guestwright('golden', 'prune', '--yes')).stdout).toBe('No golden is unused.');
  });
});
