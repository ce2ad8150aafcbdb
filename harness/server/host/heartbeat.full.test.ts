/** A guest with an agent on a host of its own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { answering } from '../../../sdk/engines/conformance/boot-sector.js';
import { lockHolder } from '../../../sdk/lock.js';
import { Host } from './host.js';

test('the log tells when the agent of a guest answers, stops, and answers again, over a kill too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-heartbeat-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'agent.img'), answering());
  await using host = await Host.open(join(folder, 'host'));
  const name = 'agent';
  const spec = { engine: 'v86', floppy: join(folder, 'agent.img'), memory: 8, serial: 2 };
  const heartbeat = { port: 1, every: 1, missed: 2 };
  const given = { name, spec, settings: { heartbeat: { ...heartbeat, port: 2 } } };
  await expect(host.create(given, null)).rejects.toMatchObject({ code: 'serial-port-missing' });
  await host.create({ name, spec }, null);
  await host.configure(name, { heartbeat }, null);
  await host.tasks.ended(host.start(name, null).id);
  const kinds = (): string[] =>
    host.events.search({ text: 'heartbeat', limit: 100 }).flatMap(({ kind }) => (kind === 'configured' ? [] : [kind]));
  const comeTo = async (...expected: string[]): Promise<void> =>
    await expect.poll(kinds, { timeout: 60_000 }).toEqual(expected);
  const press = async (): Promise<void> => await host.handle(name, { kind: 'press', chord: 'a' });

  await comeTo('heartbeat');
  expect(host.list()[0]?.heartbeat).toBe('ok');
  await press();
  await comeTo('heartbeat', 'heartbeat-stopped');
  expect(host.list()[0]?.heartbeat).toBe('stopped');
  const journal = await readFile(join(host.folder, 'machines', name, 'run', 'journal.ndjson'), 'utf8');
  expect(journal).toContain('"serial"');
  const { pid } = (await lockHolder(join(host.folder, 'machines', name, 'lease'))) ?? {};
  process.kill(pid ?? 0, 'SIGKILL');
  await expect.poll(() => host.events.search({ kind: 'rebuilt', limit: 1 }).length, { timeout: 60_000 }).toBe(1);
  // It is as deaf as it was: what it was asked is a part of what it did.
  expect((await host.look(name)).rows?.join('\n')).toContain('>x');
  expect(host.list()[0]?.heartbeat).toBe('none');
  await press();
  await comeTo('heartbeat', 'heartbeat-stopped', 'heartbeat');
  await host.tasks.ended(host.powerOff(name, null).id);
  expect(host.list()[0]?.heartbeat).toBe('none');
});
