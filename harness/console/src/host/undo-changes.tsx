/** What a machine has written to its undo disks, when it is to be decided on. */
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.js';
import type { HardwareTabProps } from './hardware-tab.js';

export function UndoneChanges({ session, details, state }: HardwareTabProps) {
  const [asked, ask] = useState<'commitChanges' | 'discardChanges' | null>(null);
  const { name, hasChanges } = details;
  if (!hasChanges) return null;
  const isOff = state === 'turned-off';
  return (
    <section aria-label="Undo disks">
      <h2>Undo disks</h2>
      <p>
        {isOff
          ? 'What it wrote to its disks since they were last committed is to be decided on.'
          : 'What it writes to its disks can be undone once it is off.'}
      </p>
      <div class="tools">
        <button disabled={!isOff} onClick={() => ask('commitChanges')}>
          Commit
        </button>
        <button class="danger" disabled={!isOff} onClick={() => ask('discardChanges')}>
          Discard
        </button>
      </div>
      {asked === null ? null : (
        <Dialog
          title={asked === 'commitChanges' ? `Commit the changes of ${name}?` : `Discard the changes of ${name}?`}
          go={asked === 'commitChanges' ? 'Commit' : 'Discard'}
          isDanger={asked === 'discardChanges'}
          onGo={() =>
            asked === 'commitChanges'
              ? session.finish(session.call(asked, { params: { name } }))
              : session.call(asked, { params: { name } })
          }
          onClose={() => ask(null)}
        >
          <p>{asked === 'commitChanges' ? 'They are there for good then.' : 'Its disks are as they were before.'}</p>
        </Dialog>
      )}
    </section>
  );
}
