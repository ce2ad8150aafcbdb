/** For the tests of `guestwright verify`: a scenario of a tiny guest, and the command. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** Its guest is `guest.img`. */
export const SCENARIO = `
import { expect, test } from 'guestwright';
test.use({ machineSpec: { floppy: 'guest.img' } });
test('types', async ({ machine }) => {
  await expect(machine.screen).toShowText('READY');
  await machine.keyboard.type('one');
  await machine.clock.advance(1000);
  const before = await machine.snapshot('one');
  await machine.keyboard.type('two');
  await machine.revert(before);
  await machine.keyboard.type('three');
  await machine.clock.advance(1500);
  await expect(machine.screen).toShowText('onethree');
});
`;

export async function guestwright(cwd: string, args: string[], env: Record<string, string> = {}) {
  const { exitCode, all } = await execa(process.execPath, [MAIN, ...args], {
    cwd,
    reject: false,
    all: true,
    stdin: 'ignore',
    env: { FORCE_COLOR: '0', ...env },
  });
  return { exitCode, output: all };
}
