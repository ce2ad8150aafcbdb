/** The firmware is part of what a memoised machine is. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { driven, machineOf, store } from '../../snapshots/memoised.test.helper.js';
import { findFirmware } from './firmware.js';

test('another firmware runs from its beginning, and the one from before still answers from the store', async () => {
  const expected = await driven(await machineOf());
  const { bios, vgaBios } = await findFirmware();
  const folder = join(store.folder, 'firmware');
  await mkdir(folder);
  await copyFile(vgaBios, join(folder, 'vgabios-stdvga.bin'));
  const bytes = await readFile(bios);
  const banner = bytes.indexOf('SeaBIOS (version');
  expect(banner).toBeGreaterThan(0);
  // One bit, in what it says of itself: it starts guests as before.
  bytes[banner] = (bytes[banner] ?? 0) ^ 0x20;
  await writeFile(join(folder, 'bios.bin'), bytes);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('GUESTWRIGHT_FIRMWARE', folder);
  const other = await machineOf();
  const seen = await driven(other);
  expect(seen).toMatchObject({ ran: 5_000, starts: 1, problems: [] });
  expect(seen.hash).not.toBe(expected.hash);
  expect(await driven(await machineOf())).toEqual({ ...seen, ran: 0, starts: 0 });
  vi.unstubAllEnvs();
  const again = await machineOf();
  expect(again.identity).not.toBe(other.identity);
  expect(await driven(again)).toEqual({ ...expected, ran: 0, starts: 0 });
});
