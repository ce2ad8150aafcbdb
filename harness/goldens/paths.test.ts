import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { GuestwrightError } from '../../sdk/errors.js';
import { existingPaths, goldenPaths, sanitiseName, scenarioName } from './paths.js';
import { TemporaryFolder } from './temporary-folder.test.helper.js';

test('a golden lies under its guest and its scenario, with the text beside the picture', () => {
  const address = {
    root: '/p',
    guest: 'grub_rescue',
    scenario: '/p/scenarios/boot/menu.spec.ts',
    name: 'The menu.png',
  };
  const folder = join('/p', 'golden-screens', 'grub-rescue', 'menu');
  expect(goldenPaths(address)).toEqual({
    name: 'The-menu',
    png: join(folder, 'The-menu.png'),
    txt: join(folder, 'The-menu.txt'),
    points: join(folder, 'The-menu.points.json'),
  });
});

test('variants are found by their names, the plain golden first', async () => {
  await using folder = await TemporaryFolder.make();
  const plain = goldenPaths({ root: folder.path, guest: 'g', scenario: 's.spec.ts', name: 'menu' });
  expect(await existingPaths(plain)).toEqual([]);
  await mkdir(dirname(plain.png), { recursive: true });
  const files = [
    'menu@b.png',
    'menu@b.txt',
    'menu.png',
    'menu@bookworm-12.11.png',
    'menus.png',
    'menu-2.png',
    'a@b.png',
  ];
  for (const file of files) await writeFile(join(dirname(plain.png), file), '');
  const found = await existingPaths(plain);
  expect(found.map(({ name }) => name)).toEqual(['menu', 'menu@b', 'menu@bookworm-12.11']);
  expect(found[0]).toEqual(plain);
  expect(found[2]?.txt).toBe(join(dirname(plain.png), 'menu@bookworm-12.11.txt'));
});

test.each([
  ['../../etc/passwd', 'etc-passwd'],
  ['a_b c', 'a-b-c'],
  ['C:\\x*?<>|"', 'C-x'],
  ['версия 1.2', 'версия-1.2'],
  ['..', ''],
  ['a..b', 'a.b'],
  ['-a-', 'a'],
])('the name %j becomes %j', (name, expected) => {
  expect(sanitiseName(name)).toBe(expected);
});

test('a name of which nothing is left is refused with an example', () => {
  const wrong = () => goldenPaths({ root: '/p', guest: 'g', scenario: 's.spec.ts', name: '///' });
  expect(wrong).toThrow(GuestwrightError);
  expect(wrong).toThrow(/"menu"/);
});

test('a scenario is named by its file, whatever the ending', () => {
  for (const ending of ['spec.ts', 'test.mjs', 'spec.jsx']) expect(scenarioName(`/a/b/c.d.${ending}`)).toBe('c.d');
});
