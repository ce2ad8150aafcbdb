/** `guestwright open` under a pseudo terminal. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserFolder } from './command-line.js';
import { BACK_TO_NORMAL, LEAVE, Session } from './terminal-session.js';

test('a spec file is opened; a key that its layout does not have is named, and the session goes on', async () => {
  await using folder = await UserFolder.empty();
  await folder.write({ 'bare.json': '{"disks": [{"sizeMb": 1}]}' });
  const session = new Session('open bare.json', { cwd: folder.path });
  await session.waitFor(/SeaBIOS/);
  session.type('é');
  await session.waitFor(/\| running \| .*é/);
  session.type(LEAVE);
  expect(await session.end()).toBe(0);
});

test('a guest of the project is opened; a signal ends it, and the terminal is as it was', async () => {
  await using folder = await UserFolder.installed({
    'playwright.config.ts': `
      import { defineConfig, defineGuests } from 'guestwright';
      const spec = { disks: [{ sizeMb: 1 }], shell: { prompt: /# $/ } };
      export default defineConfig({ projects: defineGuests({ guests: { bare: { spec } } }) });
    `,
  });
  const session = new Session('open bare', { cwd: folder.path });
  const pid = await session.pid();
  await session.waitFor(/SeaBIOS/);
  process.kill(pid, 'SIGTERM');
  await session.end();
  expect(session.output).toContain(BACK_TO_NORMAL);
  expect(session.text).toContain('Left bare after');
});

test('a guest that hangs and reads no keys does not hold its user', async () => {
  await using folder = await UserFolder.empty();
  const floppy = new Uint8Array(1_474_560);
  // cli; jmp to itself
  floppy.set([0xfa, 0xeb, 0xfe]);
  floppy.set([0x55, 0xaa], 510);
  await writeFile(join(folder.path, 'hangs.img'), floppy);
  const session = new Session('open hangs.img', { cwd: folder.path });
  await session.waitFor(/Booting from Floppy/);
  session.type('abc');
  session.type(LEAVE);
  const asked = performance.now();
  expect(await session.end()).toBe(0);
  // Waiting for the keys to be read would take 30 s of guest time.
  expect(performance.now() - asked).toBeLessThan(15_000);
  expect(session.text).toContain('Left hangs.img after');
});

test('what cannot be opened is wrong usage, before the terminal is touched', async () => {
  const session = new Session('open grub-resuce');
  expect(await session.end()).toBe(2);
  expect(session.text).toContain('Nothing is called grub-resuce');
  expect(session.text).toContain('grub-rescue:floppy');
  expect(session.output).not.toContain('\x1b[?1049h');
});
