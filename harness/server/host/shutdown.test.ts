/** Guests that are asked to shut down: they do, they do not, or nobody waits for them any more. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { poweringOffOnButton, printing } from '../../../sdk/engines/conformance/boot-sector.js';
import { engineNamed } from '../../../sdk/engines/index.js';
import { Host } from './host.js';

const { available } = await (await engineNamed('qemu')).probe();
/** Where the firmware of each has ACPI's PM1a control register. */
const ENGINES = [
  { engine: 'v86', pm1aControl: 0xb004, can: true },
  { engine: 'qemu', pm1aControl: 0x604, can: available },
];

async function hostWith(engine: string, guest: Uint8Array, settings = {}): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-shutdown-'));
  const floppy = join(folder, 'guest.img');
  await writeFile(floppy, guest);
  const host = await Host.open(join(folder, 'host'));
  onTestFinished(async () => {
    if (host.list()[0]?.state === 'running') await host.tasks.ended(host.powerOff('first', null).id);
    await host[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  await host.create({ name: 'first', spec: { engine, floppy, memory: 16 }, settings }, null);
  expect((await host.tasks.ended(host.start('first', null).id)).failure).toBeNull();
  await expect.poll(async () => (await host.look('first')).rows?.join(''), { timeout: 60_000 }).toContain('>');
  return host;
}

for (const { engine, pm1aControl, can } of ENGINES) {
  test.skipIf(!can)(`${engine}: a guest that listens powers off, and its machine is off`, async () => {
    const host = await hostWith(engine, poweringOffOnButton(pm1aControl));
    const { state, failure } = await host.tasks.ended(host.shutdown('first', 60_000, null).id);
    expect([state, failure]).toEqual(['done', null]);
    expect(host.list()[0]).toMatchObject({ state: 'turned-off', detail: 'The guest powered off.' });
    expect(() => host.shutdown('first', 60_000, null)).toThrow('does not run');
  });

  test.skipIf(!can)(`${engine}: one that does not runs on, and nobody has to wait for it`, async () => {
    const host = await hostWith(engine, printing('>'));
    expect(await host.tasks.ended(host.shutdown('first', 500, null).id)).toMatchObject({
      state: 'failed',
      failure: { kind: 'guest', code: 'shutdown-unanswered' },
    });
    expect(host.list()[0]?.state).toBe('running');
    const { id } = host.shutdown('first', 600_000, null);
    await expect.poll(() => host.tasks.get(id).step).toBe('waiting for the guest');
    await host.cancel(id, null);
    expect((await host.tasks.ended(id)).state).toBe('cancelled');
    expect(host.list()[0]?.state).toBe('running');
  });
}

test('a daemon that ends shuts its guests down where that is set', async () => {
  const host = await hostWith('v86', poweringOffOnButton(0xb004), { onQuit: 'shutdown' });
  await host.quit();
  expect(host.list()[0]).toMatchObject({ state: 'turned-off', detail: 'The guest powered off.' });
});
