/** What the scenarios about an installed Debian share. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { TestInfo } from '@playwright/test';
import { expect, type Machine } from 'guestwright';

export const hostName = 'kettle';
// Typed with `secret: true`, so that reports do not show it. A real one would come from the environment.
export const password = 'Short & stout 418';

/** Where the installation is kept: the machine as it was switched off, disk and all. One file for each guest. */
export async function installed({ project, config }: TestInfo): Promise<string> {
  const folder = path.join(config.rootDir, '..', 'reports', 'installed');
  await mkdir(folder, { recursive: true });
  return path.join(folder, `${String(project.metadata['guest'])}.state`);
}

/** Where Debian is installed to. A disk for UEFI has another partition before it, for what starts the system. */
export function rootPartition({ spec }: Machine): string {
  return spec.firmware === 'uefi' ? '/dev/vda2' : '/dev/vda1';
}

/** On the console, as a person does. */
export async function logIn({ keyboard, screen }: Machine): Promise<void> {
  await expect(screen).toShowText(new RegExp(`^${hostName} login: $`));
  await keyboard.type('root\n');
  await expect(screen).toShowText(/^Password: $/);
  await keyboard.type(`${password}\n`, { secret: true });
  await expect(screen).toShowText(`root@${hostName}:~#`, { timeout: 120_000 });
}

/** On the serial port, where `shell.run` finds its shell: the console is in a graphic mode, which has no cells to read. */
export async function logInOnSerialPort({ serial }: Machine): Promise<void> {
  await serial.waitFor(`${hostName} login: `, { timeout: 120_000 });
  await serial.write('root\n');
  await serial.waitFor('Password: ');
  await serial.write(`${password}\n`, { secret: true });
  await serial.waitFor(`root@${hostName}:~# `, { timeout: 120_000 });
}
