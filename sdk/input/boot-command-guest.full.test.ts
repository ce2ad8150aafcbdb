/** A boot command with a real boot loader: GRUB's menu and its command line. */
import { expect, test } from 'vitest';
import { failureOf } from '../machine/fake-machine.test.helper.js';
import { launch } from '../machine/launch.js';

test('a boot command walks GRUB’s menu and types at its command line', async () => {
  await using machine = await launch({ floppy: 'grub-rescue:floppy', memory: 32 });
  await machine.keyboard.run(
    [
      '<waitText "GNU GRUB" 60s><down><down><waitText "\\*FreeBSD"><wait100ms>',
      // Control and "a" goes to the beginning of the line: "echo" is put before what was typed first.
      'c<waitText "^grub> ?$"> {{ .What }} <leftShiftOn>abc<leftShiftOff>-x<bs>y<leftCtrlOn>a<leftCtrlOff>echo<enter>',
      '<waitText "^HTTP/1 ABC-y$" 10s><waitStable>',
    ],
    { variables: { What: 'HTTP/1' } },
  );
  expect(await machine.screen.text()).toMatch(/^grub> echo HTTP\/1 ABC-y\nHTTP\/1 ABC-y\ngrub>$/m);

  const error = await failureOf(machine.keyboard.run('help<waitText "no such text" 200ms>'));
  expect(error.code).toBe('text-not-found');
  expect(error.message).toContain('grub> help');
});
