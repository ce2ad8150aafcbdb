/**
 * What checkpoints are kept under. The key covers what a checkpoint's state comes from: the machine, what is in its drives,
 * what it began with, how text is typed and commands are run in it, and the checkpoints before. What a body does is
 * covered by nothing but its version.
 */
import { createHash } from 'node:crypto';
import type { Medium } from '../engines/engine.js';
import { digestOfFile, isMissing } from '../images/files.js';
import { removableMedia } from '../machine/hardware.js';
import type { GuestMachine } from '../machine/machine.js';
import type { MachineSpec } from '../machine/spec.js';
import { stateReference } from '../snapshots/state-reference.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { stateGone } from './failures.js';

/** Changes whenever what is kept under a key means something else. */
const FORMAT = 1;

/**
 * The key of a machine that was just started.
 * @param scope whose checkpoints they are: those of another scenario may have the same names
 * @throws GuestwrightError `usage/snapshot-not-stored`, `usage/state-missing` when what the machine began with has gone since
 */
export async function firstKey(machine: GuestMachine, scope: readonly string[], store: SnapshotStore): Promise<string> {
  const { spec, engine, identity } = machine;
  const { floppies, cdrom, bootOrder } = await removableMedia(spec, spec);
  const media = { floppies: floppies.map(plainMedium), cdrom: plainMedium(cdrom), bootOrder };
  return digest(['checkpoints', FORMAT, scope, engine, identity, media, await originOf(spec, store), handlingOf(spec)]);
}

/** @param before the key of the machine's start, or of the very state that the checkpoint before has */
export function checkpointKey(before: string, name: string, version: number): string {
  return digest(['checkpoint', before, name, version]);
}

/** Two states of one checkpoint are not the same on an engine that is not bit-exact: what follows is of one of them. */
export function keyOfState(key: string, generation: string): string {
  return digest(['state', key, generation]);
}

function digest(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function plainMedium(medium: Medium | null | undefined): string {
  return medium === null || medium === undefined ? String(medium) : medium.digest;
}

/** The state that the machine went on from; null: it was switched on. */
async function originOf({ state }: MachineSpec, store: SnapshotStore): Promise<string | null> {
  if (state === undefined) return null;
  const reference = stateReference(state);
  if (reference.kind === 'store') return await store.find(reference.name);
  try {
    return (await digestOfFile(reference.path)).sha256;
  } catch (error) {
    if (isMissing(error)) throw stateGone(state);
    throw error;
  }
}

/** Of the spec, what decides how a scenario drives the machine. A password is no part of it: keys are not secret. */
function handlingOf({ layout, fonts, ocr, shell }: MachineSpec): unknown {
  const { on, port, prompt, login } = shell;
  return { layout, fonts, ocr, shell: { on, port, prompt: String(prompt), user: login?.user ?? null } };
}
