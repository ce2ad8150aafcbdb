import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineNamed } from '../engines/index.js';
import { launch } from './launch.js';

const { available } = await (await engineNamed('qemu')).probe();

test.skipIf(!available)('a machine that cannot be made of a running engine leaves none running', async () => {
  const runDirectory = mkdtempSync(join(tmpdir(), 'guestwright-test-'));
  try {
    const layout = { groups: ['us', 'ru'], toggle: 'Alt+Sift' } as const;
    const launching = launch(
      { engine: 'qemu', memory: 16, layout: { ...layout, groups: [...layout.groups] } },
      { runDirectory },
    );
    await expect(launching).rejects.toMatchObject({ code: 'unknown-key' });
    // The folder of QEMU's process goes with it.
    expect(existsSync(join(runDirectory, 'qemu'))).toBe(false);
  } finally {
    rmSync(runDirectory, { recursive: true, force: true });
  }
});
