/** Whether a machine can be memoised, and one that is. */
import type { Engine, EngineContext, EngineMachine, Hardware } from '../engines/engine.js';
import type { MemoiseOptions } from '../machine/types.js';
import { MemoisedMachine } from './memoised-machine.js';
import { SnapshotStore } from './store.js';

/**
 * Only what is bit-exact, begins at power-on, runs when it is waited for, and leaves nothing outside the machine: a disk
 * that is kept in a file has to be written there.
 * @returns null: it has to be started as any other
 */
export async function memoisedMachine(
  engine: Engine,
  hardware: Hardware,
  context: EngineContext,
  { store, ...options }: MemoiseOptions = {},
): Promise<EngineMachine | null> {
  const { journal } = engine;
  const leavesFiles = hardware.disks.some(({ overlay }) => overlay.kind === 'file');
  const begins = context.state === undefined && context.storeAt === undefined;
  if (journal === undefined || hardware.clock !== 'stepped' || leavesFiles || !begins) return null;
  const identity = await journal.identity(hardware);
  const parts = { engine, facts: journal, hardware, identity, context, store: new SnapshotStore(store) };
  return new MemoisedMachine({ ...parts, ...options });
}
