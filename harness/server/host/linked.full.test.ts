/** Linked clones: nothing is copied, each machine has its own from then on, and keeps it when the other goes. */
import { readdirSync, statSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { counting, ENGINES } from './counting.test.helper.js';
import type { Host } from './host.js';

const disksOf = (host: Host, name: string): string => join(host.folder, 'machines', name, 'disks');

/** Bytes on the host that are this machine's alone. */
function ownBytes(host: Host, name: string): number {
  const folder = disksOf(host, name);
  return readdirSync(folder)
    .map((file) => statSync(join(folder, file)))
    .filter(({ nlink }) => nlink === 1)
    .reduce((sum, { size }) => sum + size, 0);
}

for (const engine of ENGINES) {
  test(`${engine}: of two machines that share what is on their disks either can be deleted`, async () => {
    const { host, count, off, done } = await counting(engine);
    expect(await count('first')).toBe('A');
    await off('first');
    await done(host.clone('first', 'second', null, { linked: true }));
    expect([ownBytes(host, 'first'), ownBytes(host, 'second')]).toEqual([0, 0]);
    const counts: string[] = [];
    for (const name of ['first', 'second', 'first']) {
      counts.push(await count(name));
      await off(name);
    }
    expect(counts).toEqual(['B', 'B', 'C']);
    // Both run at once.
    expect([await count('first'), await count('second')]).toEqual(['D', 'C']);
    await off('first');
    await off('second');
    await done(host.clone('second', 'third', null, { linked: true }));
    await host.delete('second', null);
    expect(await count('third')).toBe('D');
    await off('third');
    await host.delete('third', null);
    expect(await count('first')).toBe('E');
    await off('first');
  });
}

test.skipIf(!ENGINES.includes('qemu'))('QEMU: layers go where the machine goes', async () => {
  const { host, count, off, done } = await counting('qemu');
  expect(await count('first')).toBe('A');
  await off('first');
  await done(host.clone('first', 'linked', null, { linked: true }));
  // Snapshots and saved states have all layers in them.
  expect(await count('linked')).toBe('B');
  await done(host.snapshot('linked', 'b', null));
  await off('linked');
  expect(await count('linked')).toBe('C');
  await done(host.revert('linked', 'b', null));
  await off('linked');
  expect(await count('linked')).toBe('C');
  await done(host.saveState('linked', null));
  await done(host.start('linked', null));
  await off('linked');
  expect(await count('linked')).toBe('D');
  await off('linked');
  await done(host.clone('linked', 'fork', null, { snapshot: 'b', linked: true }));
  await done(host.start('fork', null));
  await off('fork');
  expect(await count('fork')).toBe('C');
  await off('fork');
  // A full clone, and a copy of the folder, share nothing.
  await done(host.clone('linked', 'full', null));
  expect(ownBytes(host, 'full')).toBeGreaterThan(0);
  const elsewhere = join(host.folder, 'elsewhere');
  await host.rename('full', 'named', null);
  await cp(join(host.folder, 'machines', 'named'), elsewhere, { recursive: true });
  await host.delete('named', null);
  await host.delete('first', null);
  expect(await host.register(elsewhere, null)).toBe('named');
  expect(await count('named')).toBe('E');
  await off('named');
  expect(await count('linked')).toBe('E');
  await off('linked');
  // What is there in place of a disk is not followed.
  await host.unregister('named', null);
  await symlink('/dev/null', join(elsewhere, 'disks', 'disk1.overlay'));
  await host.register(elsewhere, null);
  const { failure } = await host.tasks.ended(host.start('named', null).id);
  expect(failure?.message).toContain("no file of the machine's own");
});
