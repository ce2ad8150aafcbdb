import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePng, encodePng } from '../../sdk/reading/png.js';
import { makeProject, noted, said, type Project, type RunResult } from './project.js';
import { idlingGuest } from './tiny-guests.js';

const SCENARIO = `
import { expect, test } from 'guestwright';

test.use({ machineSpec: { floppy: 'guest.img' } });

test('plain', async ({ machine }) => {
  await expect(machine.screen).toShowText(/RE.DY/);
  await expect(machine.screen).toMatchGolden('whole_screen');
  await expect(machine.screen).toMatchGolden({ timeout: 1_000 });
});
test('masked', async ({ machine }) => {
  await expect(machine.screen).toShowText(/RE.DY/);
  await expect(machine.screen).toMatchGolden('masked', { mask: [machine.screen.getByText(/RE.DY/)], timeout: 1_000 });
});
test('shorter', async ({ machine }) => {
  await expect(machine.screen).toShowText(/RE.*DY/);
  await expect(machine.screen).toMatchGolden('shorter', { mask: [machine.screen.getByText(/RE.*DY/)], timeout: 1_000 });
});
test('clipped', async ({ machine }) => {
  await expect(machine.screen).toShowText(/RE.DY/);
  await expect(machine.screen).toMatchGolden('clipped', { clip: { x: 0, y: 0, width: 720, height: 16 }, timeout: 1_000 });
});
test('negated', async ({ machine }) => {
  await expect(machine.screen).toShowText(/RE.DY/);
  await expect(machine.screen).not.toMatchGolden('never-written', { timeout: 500 });
});
`;

const NAMES = ['clipped', 'masked', 'plain-1', 'shorter', 'whole-screen'];

let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'scenarios/golden.spec.ts': SCENARIO, 'guest.img': idlingGuest('READY') });
});
afterAll(async () => await project[Symbol.asyncDispose]());

const golden = (name: string) => join(project.folder, 'golden-screens', 'tiny', 'golden', name);

function failedTitles({ summary }: RunResult): string[] {
  return (summary?.failures ?? []).map(({ title }) => title.split(' › ').at(-1) ?? '').sort();
}

// Each test goes on from where the one before left the goldens, as a person's day would.
describe.sequential('goldens', () => {
  test('that are missing are written in one run, fail their tests, and are not retried', async () => {
    const result = await project.run('--retries=1');
    expect(result.exitCode).toBe(1);
    expect(failedTitles(result)).toEqual(['clipped', 'masked', 'negated', 'plain', 'shorter']);
    expect(noted(result, 'plain')).toMatchObject({ kind: 'assertion', code: 'golden-written' });
    const words = said(result, 'plain');
    expect(words).toContain(
      'The golden golden-screens/tiny/golden/whole-screen.png did not exist; it has been written',
    );
    expect(words).toContain('The golden golden-screens/tiny/golden/plain-1.png did not exist; it has been written');
    expect(words).toMatch(/> +8 \| {3}await expect\(machine\.screen\)\.toMatchGolden\('whole_screen'\)/);
    expect(words).not.toContain('Retry #1');
    expect(said(result, 'negated')).toContain('none, and .not never writes one');
    for (const name of NAMES) await readFile(golden(`${name}.png`));
    await expect(readFile(golden('never-written.png'))).rejects.toThrow('ENOENT');
  });

  test('of text screens hold the words beside the picture, a clip only its own', async () => {
    expect(await project.read('golden-screens/tiny/golden/whole-screen.txt')).toMatch(
      /^text screen 80x25, cells 9x16\n/,
    );
    expect(await project.read('golden-screens/tiny/golden/whole-screen.txt')).toMatch(/^READY$/m);
    expect(await project.read('golden-screens/tiny/golden/clipped.txt')).toMatch(/^text screen 80x1, cells 9x16\n/);
    expect(decodePng(await readFile(golden('clipped.png')), 'clipped')).toMatchObject({ width: 720, height: 16 });
  });

  test('match from then on; other bytes for the same picture do not matter, and are kept but with "all"', async () => {
    const file = golden('whole-screen.png');
    const written = await readFile(file);
    const other = encodePng(decodePng(written, file), { effort: 'fast' });
    expect(Buffer.compare(other, written)).not.toBe(0);
    await writeFile(file, other);
    const passed = await project.run('-g', 'plain|masked|clipped');
    expect(passed).toMatchObject({ exitCode: 0 });
    await project.run('-g', 'plain', '--update-snapshots=changed');
    expect(Buffer.compare(await readFile(file), other)).toBe(0);
    const all = await project.run('-g', 'plain', '--update-snapshots=all');
    expect(all.output).toContain('Golden written: golden-screens/tiny/golden/whole-screen.png (all are written anew)');
    expect(Buffer.compare(await readFile(file), written)).toBe(0);
  });

  test('that differ fail with the rows that differ, the places, the command to accept and a slider in the report', async () => {
    await project.write('guest.img', idlingGuest('REEDY'));
    const result = await project.run('--reporter=list,json', '-g', 'plain|masked|clipped');
    const words = said(result, 'plain');
    expect(failedTitles(result)).toEqual([]);
    expect(words).toContain('The screen of tiny does not match the golden golden-screens/tiny/golden/whole-screen.png');
    expect(words).toMatch(/seen: +\d+ pixels differ \(.* % of all; allowed: 0\)\n +at x 18, y \d+: \d+x\d+ pixels/);
    expect(words).toMatch(/next: .*npx guestwright run scenarios\/golden\.spec\.ts:6 --project tiny-v86 -u/);
    expect(words).toMatch(/- +\d+ \| READY\n\+ +\d+ \| REEDY\n +\| {3}\^/);
    for (const kind of ['expected', 'actual', 'diff']) expect(result.output).toContain(`"whole-screen-${kind}.png"`);
    const pictures =
      /Pictures \(golden, screen, difference\):\n +(\S+)\n +(\S+)\n +(\S+)\n/.exec(words)?.slice(1) ?? [];
    expect(pictures[0]).toBe('golden-screens/tiny/golden/whole-screen.png');
    for (const file of pictures) {
      expect(decodePng(await readFile(join(project.folder, file)), file)).toMatchObject({ width: 720, height: 400 });
    }
    // What is masked, and what lies outside of the clip, may differ.
    expect(() => said(result, 'masked')).toThrow('Nothing was said');
    expect(() => said(result, 'clipped')).toThrow('Nothing was said');
  });

  test('that differ pass when goldens are ignored, and nothing is written', async () => {
    const before = await readFile(golden('whole-screen.png'));
    expect(await project.run('--ignore-snapshots')).toMatchObject({ exitCode: 0 });
    expect(Buffer.compare(await readFile(golden('whole-screen.png')), before)).toBe(0);
  });

  test('that differ are written anew with -u', async () => {
    const result = await project.run('-g', 'plain', '-u');
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.output).toContain('whole-screen.png (the screen has changed)');
    expect(await project.read('golden-screens/tiny/golden/whole-screen.txt')).toMatch(/^REEDY$/m);
  });

  test('that are missing fail and are not written with "none"; with "missing" they are, and pass', async () => {
    await project.remove('golden-screens/tiny/golden/clipped.png');
    const none = await project.run('-g', 'clipped', '--update-snapshots=none');
    expect(said(none, 'clipped')).toContain('The golden golden-screens/tiny/golden/clipped.png does not exist');
    expect(noted(none, 'clipped')).toMatchObject({ kind: 'assertion', code: 'golden-missing' });
    await expect(readFile(golden('clipped.png'))).rejects.toThrow('ENOENT');
    expect(await project.run('-g', 'clipped', '--update-snapshots=missing')).toMatchObject({ exitCode: 0 });
    await readFile(golden('clipped.png'));
  });

  test('of another size are explained; damaged ones name their file', async () => {
    const small = { width: 640, height: 480, rgba: new Uint8Array(640 * 480 * 4).fill(255) };
    await project.write('golden-screens/tiny/golden/masked.png', encodePng(small));
    await project.write('golden-screens/tiny/golden/clipped.png', 'not a picture');
    const result = await project.run('-g', 'masked|clipped');
    expect(said(result, 'masked')).toContain('the screen is 720x400 pixels, the golden 640x480');
    expect(noted(result, 'masked')).toMatchObject({ kind: 'assertion', code: 'golden-size' });
    expect(said(result, 'clipped')).toMatch(/golden-screens\/tiny\/golden\/clipped\.png is not a readable PNG picture/);
    expect(noted(result, 'clipped')).toMatchObject({ kind: 'usage', code: 'png-invalid' });
  });
});
