/** Does again what a log says, from a stored snapshot on, and hashes where the log did. */
import { engineNamed, type EngineMachine } from '../../sdk/index.js';
import type { LogEntry, Step } from './log.js';

/** Wall ms that one stretch of the replay may take. */
const GUARD_MS = 600_000;

/** @returns the steps after the point where the log was stored */
export async function replay(log: readonly LogEntry[], state: string): Promise<Step[]> {
  const [start] = log;
  if (start?.kind !== 'start') throw new Error('a log begins with the start of its machine');
  const stored = log.findIndex(({ kind }) => kind === 'stored');
  const context = { runDirectory: state, runId: process.env['GUESTWRIGHT_RUN_ID'] ?? 'replay', guardMs: GUARD_MS };
  const engine = await engineNamed(start.engine);
  await using machine = await engine.start(start.hardware, { ...context, state });
  const steps: Step[] = [];
  const saved = new Map<string, string>();
  for (const entry of log.slice(stored + 1)) await redo(machine, entry, steps, saved);
  return steps;
}

async function redo(machine: EngineMachine, entry: LogEntry, steps: Step[], saved: Map<string, string>): Promise<void> {
  if (entry.kind === 'start' || entry.kind === 'stored' || entry.kind === 'end') return;
  if (entry.kind === 'restore') {
    await machine.restore(saved.get(entry.id) ?? entry.id);
    return;
  }
  while (machine.now < entry.at) {
    const { reason, power } = await machine.advance({ limit: entry.at, stopOn: [] });
    if (reason === 'power' && (power === 'off' || power === 'crashed')) break;
  }
  switch (entry.kind) {
    case 'input':
      await machine.input(entry.input);
      return;
    case 'save':
      saved.set(entry.id, (await machine.save()).id);
      return;
    case 'step':
      steps.push({ ...entry, at: machine.now, hash: await machine.observe({ kind: 'stateHash' }) });
  }
}
