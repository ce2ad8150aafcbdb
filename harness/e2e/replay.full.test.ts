/** `guestwright replay`, on what a scenario on QEMU left. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineNamed } from '../../sdk/engines/index.js';
import { decodePng } from '../../sdk/reading/index.js';
import { UserFolder } from './command-line.js';
import { echoingGuest } from './tiny-guests.js';

const { available } = await (await engineNamed('qemu')).probe();

const FILES = {
  'playwright.config.ts': `
import { defineConfig, defineGuests } from 'guestwright';
const spec = { memory: 16, floppy: 'echo.img', record: true };
export default defineConfig({ workers: 1, projects: defineGuests({ engines: ['qemu'], guests: { tiny: { spec } } }) });
`,
  'scenarios/typing.spec.ts': `
import { test } from 'guestwright';
test('types', async ({ machine }) => {
  await machine.screen.getByText('READY').waitFor();
  await machine.keyboard.type('abc');
  await machine.screen.getByText('abc').waitFor();
  console.log('halfway at ' + machine.clock.now);
  await machine.keyboard.type('xyz');
  await machine.screen.getByText('abcxyz').waitFor();
});
`,
};

test.skipIf(!available)(
  'a scenario leaves a recording, which is replayed, stopped half-way, and found damaged',
  async () => {
    await using folder = await UserFolder.installed(FILES);
    await writeFile(join(folder.path, 'echo.img'), echoingGuest());
    const ran = await folder.run(['run', '--reporter=json']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    const halfway = /halfway at (\d+)/.exec(ran.stdout)?.[1] ?? 'not said';
    // The report has the command, as it is to be given.
    const attached = /"name": "[^"]*: recording",\s*"contentType": "text\/plain",\s*"body": "([^"]*)"/.exec(
      ran.stdout,
    )?.[1];
    const command = Buffer.from(attached ?? '', 'base64').toString();
    const recording = /^guestwright replay "(.*\.recording)"\n$/.exec(command)?.[1] ?? command;
    expect(existsSync(join(folder.path, recording, 'recording.json'))).toBe(true);

    const whole = await folder.run(['replay', recording]);
    expect(whole.exitCode, whole.stderr).toBe(0);
    expect(whole.stdout).toMatch(/^exact up to guest time .* all the same\n?$/);

    const part = await folder.run(['replay', recording, '--until', halfway, '-o', 'seen/half.png']);
    expect(part.exitCode, part.stderr).toBe(0);
    expect(part.stdout).toContain('abc');
    expect(part.stdout).not.toContain('abcxyz');
    expect(decodePng(await readFile(join(folder.path, 'seen/half.png')), 'half.png')).toMatchObject({ height: 400 });

    const manifest = join(folder.path, recording, 'recording.json');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replaceAll(/"memory":"[0-9a-f]/g, '"memory":"g'));
    expect(await folder.run(['replay', recording])).toMatchObject({ exitCode: 2 });
    const other = /"memory":"0/.test(text) ? '1' : '0';
    await writeFile(manifest, text.replaceAll(/"memory":"[0-9a-f]/g, `"memory":"${other}`));
    const parted = await folder.run(['replay', recording]);
    expect(parted.exitCode).toBe(1);
    expect(parted.stdout).toMatch(/^NOT the same: it parts at guest time .*\n {2}the memory differs/);
  },
);
