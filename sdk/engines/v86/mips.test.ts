import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { launch } from '../../machine/launch.js';
import type { MachineSpecInput } from '../../machine/spec.js';
import { parseSpec } from '../../machine/spec.js';
import { serialEcho } from '../conformance/boot-sector.js';

const folder = mkdtempSync(join(tmpdir(), 'guestwright-mips-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Guest ms until the guest of one boot sector says that it is up. */
async function timeToBoot(more: MachineSpecInput): Promise<number> {
  const floppy = join(folder, 'floppy');
  writeFileSync(floppy, Buffer.concat([serialEcho()], 1_474_560));
  await using machine = await launch({ floppy, memory: 8, ...more });
  await machine.serial.waitFor('!', { timeout: 60_000 });
  return machine.clock.now;
}

test('a processor with fewer instructions a second takes longer for the same, the same each time', async () => {
  const usual = await timeToBoot({});
  expect(await timeToBoot({ mips: 100 })).toBe(usual);
  const slow = await timeToBoot({ mips: 20 });
  expect(slow).toBeGreaterThan(usual);
  expect(await timeToBoot({ mips: 20 })).toBe(slow);
});

test('it is a field of v86 alone, and has bounds', () => {
  expect(() => parseSpec({ engine: 'qemu', mips: 50 })).toThrow(/mips: only the engine v86/);
  expect(() => parseSpec({ mips: 1 })).toThrow(/mips/);
});
