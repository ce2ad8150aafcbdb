/** What a machine of a bit-exact engine did is done again, with another that began as it did. */
import type { EngineMachine, GuestTime } from '../engines/engine.js';
import type { RecordedEvent } from './recording.js';

/** What is done again before a machine is handed over. */
export interface Again {
  /** What `LaunchOptions.record` was told since the machine began, at power-on or from the same state. */
  events: readonly RecordedEvent[];
  /** Guest ms to which it runs in the end. */
  until: GuestTime;
}

/** As fast as the host can. On a paced machine the clock is paced again in the end. */
export async function doAgain(machine: EngineMachine, { events, until }: Again, isPaced: boolean): Promise<void> {
  if (isPaced) await machine.input({ kind: 'clock', clock: 'stepped' });
  const saved = new Map<string, string>();
  for (const event of events) {
    if (event.kind === 'start' || event.kind === 'stored') continue;
    // How fast the guest went is nothing that it could see.
    if (event.kind === 'input' && event.input.kind === 'clock') continue;
    await runTo(machine, event.at);
    switch (event.kind) {
      case 'input':
        await machine.input(event.input);
        break;
      case 'save':
        // Taking a snapshot may be an input by itself.
        saved.set(event.id, (await machine.save()).id);
        break;
      case 'restore':
        await machine.restore(saved.get(event.id) ?? event.id);
    }
  }
  await runTo(machine, until);
  for (const id of saved.values()) await machine.forget(id);
  if (isPaced) await machine.input({ kind: 'clock', clock: 'paced' });
}

async function runTo(machine: EngineMachine, at: GuestTime): Promise<void> {
  while (machine.now < at) {
    const { reason, power } = await machine.advance({ limit: at, stopOn: [] });
    if (reason === 'power' && (power === 'off' || power === 'crashed')) return;
  }
}
