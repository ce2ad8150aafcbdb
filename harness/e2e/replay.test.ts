/** `guestwright replay` given what it cannot use; on real recordings: replay.full.test.ts. */
import { expect, test } from 'vitest';
import { UserFolder } from './command-line.js';

test('what is no recording, or no guest time, is wrong usage', async () => {
  await using folder = await UserFolder.empty();
  const missing = await folder.run(['replay', 'nothing']);
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toContain('There is no recording nothing');
  expect(await folder.run(['replay', 'nothing', '--until', '-1'])).toMatchObject({ exitCode: 2 });
});
