/** Whether a machine can be memoised, and one that is. */
import type { Engine, EngineContext, EngineMachine, Hardware } from '../engines/engine.js';
import type { MemoiseOptions } from '../machine/types.js';
import { MemoisedMachine } from './memoised-machine.js';
import { holdState, stateReference } from './state-reference.js';
import { SnapshotStore } from './store.js';

/**
 * Only what is bit-exact, begins at power-on or at a state of the store, runs when it is waited for, and leaves nothing outside
 * the machine: a disk that is kept in a file has to be written there.
 * @param state where it begins; null: at power-on
 * @returns null: it has to be started as any other
 * @throws GuestwrightError `usage/snapshot-not-stored`, `usage/snapshot-name-invalid`
 */
export async function memoisedMachine(
  engine: Engine,
  hardware: Hardware,
  context: EngineContext,
  { state, memoise: { store, ...options } }: { state: string | null; memoise: MemoiseOptions },
): Promise<EngineMachine | null> {
  const { journal } = engine;
  const leavesFiles = hardware.disks.some(({ overlay }) => overlay.kind === 'file');
  if (journal === undefined || hardware.clock !== 'stepped' || leavesFiles || context.storeAt !== undefined)
    return null;
  const reference = state === null ? null : stateReference(state);
  if (reference?.kind === 'file') return null;
  const identity = await journal.identity(hardware);
  const begin = reference === null ? null : await holdState(reference.name);
  if (begin !== null && (begin.engine !== engine.name || begin.identity !== identity)) {
    // The engine says what is wrong with it.
    await begin[Symbol.asyncDispose]();
    return null;
  }
  const parts = { engine, facts: journal, hardware, identity, context, begin, store: new SnapshotStore(store) };
  return new MemoisedMachine({ ...parts, ...options });
}
