/** Memoised machines of a guest of one boot sector, and a store for each test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, onTestFinished } from 'vitest';
import { typewriter } from '../engines/conformance/boot-sector.js';
import { hardware, screenText } from '../engines/conformance/suite.js';
import type { EngineMachine, Hardware, Input } from '../engines/engine.js';
import { engineNamed } from '../engines/index.js';
import { MemoisedMachine } from './memoised-machine.js';
import { SnapshotStore } from './store.js';

export const v86 = await engineNamed('v86');
export let store: SnapshotStore;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
  store = new SnapshotStore(folder);
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
});

export const guest = hardware(typewriter());

/**
 * @param storeAfterMs default: a snapshot is stored at every canonical point
 * @param at default: the store of the test
 */
export async function machineOf(wanted: Hardware = guest, storeAfterMs = 0, at = store): Promise<MemoisedMachine> {
  const { journal } = v86;
  if (journal === undefined) throw new Error('the embedded engine is bit-exact');
  const machine = new MemoisedMachine({
    engine: v86,
    facts: journal,
    hardware: wanted,
    identity: await journal.identity(wanted),
    context: { runDirectory: join(store.folder, 'run'), runId: 'memoised', guardMs: 120_000 },
    begin: null,
    store: at,
    storeAfterMs,
  });
  onTestFinished(async () => await machine[Symbol.asyncDispose]());
  return machine;
}

export const press = (code: Extract<Input, { kind: 'key' }>['code']): Input[] => [
  { kind: 'key', code, down: true },
  { kind: 'key', code, down: false },
];

export async function advanceTo(machine: EngineMachine, limit: number): Promise<void> {
  while (machine.now < limit) await machine.advance({ limit, stopOn: [] });
}

/** Three guest seconds, a key, and two more. @returns what it showed after the key, and the state at the end */
export async function drive(machine: EngineMachine, code: Extract<Input, { kind: 'key' }>['code'] = 'KeyA') {
  await advanceTo(machine, 3_000);
  const before = await screenText(machine);
  for (const input of press(code)) await machine.input(input);
  await advanceTo(machine, 5_000);
  return { before, after: await screenText(machine), hash: (await machine.observe({ kind: 'stateHash' })).hash };
}

export async function driven(machine: MemoisedMachine, code?: Parameters<typeof drive>[1]) {
  const seen = await drive(machine, code);
  const { ran, starts, problems } = machine.memoised;
  await machine[Symbol.asyncDispose]();
  return { ...seen, ran, starts, problems };
}

/** What a machine without a store sees. */
export async function cold(): Promise<Awaited<ReturnType<typeof drive>>> {
  await using machine = await v86.start(guest, {
    runDirectory: join(store.folder, 'cold'),
    runId: 'cold',
    guardMs: 120_000,
  });
  return await drive(machine);
}
