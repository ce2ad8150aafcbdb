/** The buttons for a machine's power. */
import { useState } from 'preact/hooks';
import type { MachineState } from './api.js';
import { Dialog, Failure } from './dialog.js';
import type { HostSession } from './host-session.js';
import { powerActions, type PowerAction, type PowerCall } from './power.js';
import { useDoing } from './use.js';

interface PowerButtonsProps {
  session: HostSession;
  name: string;
  state: MachineState;
  /** Only what loses nothing: for the cards of an overview. */
  isShort?: boolean;
}

export function PowerButtons({ session, name, state, isShort = false }: PowerButtonsProps) {
  const doing = useDoing();
  const [asked, ask] = useState<PowerAction | null>(null);
  const actions = powerActions(state).filter(
    ({ call, confirm }) => !isShort || (confirm === null && call !== 'shutdownMachine'),
  );
  return (
    <>
      <div class="power" role="group" aria-label={`Power of ${name}`}>
        {actions.map((action) => (
          <button
            key={action.call}
            class={action.confirm === null ? (action.call === 'startMachine' ? 'primary' : '') : 'danger'}
            title={action.about}
            disabled={doing.busy}
            onClick={() =>
              action.confirm === null ? void doing.run(() => doPower(session, name, action.call)) : ask(action)
            }
          >
            {action.words}
          </button>
        ))}
      </div>
      <Failure words={doing.failed} />
      {asked === null ? null : (
        <Dialog
          title={`${asked.words}: ${name}`}
          go={asked.words}
          isDanger
          onGo={() => doPower(session, name, asked.call)}
          onClose={() => ask(null)}
        >
          <p>{asked.confirm}</p>
        </Dialog>
      )}
    </>
  );
}

async function doPower(session: HostSession, name: string, call: PowerCall): Promise<void> {
  const params = { name };
  switch (call) {
    case 'startMachine':
    case 'saveMachine':
    case 'powerOffMachine':
      await session.finish(session.call(call, { params }));
      return;
    case 'shutdownMachine':
      await session.finish(session.call(call, { params, body: {} }));
      return;
    case 'discardState':
    case 'pauseMachine':
    case 'resumeMachine':
    case 'resetMachine':
      await session.call(call, { params });
  }
}
