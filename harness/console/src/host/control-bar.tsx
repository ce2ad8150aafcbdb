/** Who has a machine's keyboard and mouse: one at a time, and everybody else looks. */
import { useEffect, useState } from 'preact/hooks';
import type { ResultOf } from '../../../server/api/client.js';
import { Dialog, Failure } from './dialog.js';
import type { HostSession } from './host-session.js';
import { useDoing, useHost } from './use.js';

interface ControlBarProps {
  session: HostSession;
  name: string;
  /** This page's view of the screen. */
  viewer: string;
}

type ControlState = ResultOf<'describeControl'>;

export function ControlBar({ session, name, viewer }: ControlBarProps) {
  const [control, set] = useState<ControlState | null>(null);
  const [me, setMe] = useState<string | null>(null);
  const [isAsking, ask] = useState(false);
  const doing = useDoing();
  const { events } = useHost(session);
  const last = events.findLast(({ machine, kind }) => machine === name && CHANGES.has(kind))?.id;
  useEffect(() => {
    const abort = new AbortController();
    session.call('describeControl', { params: { name } }, abort.signal).then(set, () => undefined);
    return () => abort.abort();
  }, [session, name, last]);
  useEffect(() => {
    session.call('whoAmI', {}).then(
      (who) => setMe(who.name),
      () => undefined,
    );
  }, [session]);
  const holder = control?.holder ?? null;
  const isOwn = holder !== null && holder.by === me && (holder.viewer === null || holder.viewer === viewer);
  const take = async (force: boolean): Promise<void> =>
    set(await session.call('takeControl', { params: { name }, body: { viewer, force } }));
  return (
    <div class="control">
      <output aria-label="Control">
        {holder === null ? 'Nobody has control' : isOwn ? 'You have control' : `${holder.by} has control`}
      </output>
      {isOwn ? (
        <button
          disabled={doing.busy}
          onClick={() =>
            void doing.run(async () => set(await session.call('releaseControl', { params: { name }, query: {} })))
          }
        >
          Release control
        </button>
      ) : (
        <button
          disabled={doing.busy}
          title="Your keys and clicks count, and nobody else's"
          onClick={() => (holder === null ? void doing.run(() => take(false)) : ask(true))}
        >
          Take control
        </button>
      )}
      <Failure words={doing.failed} />
      {isAsking && holder !== null ? (
        <Dialog
          title={`Take control of ${name}?`}
          go="Take control"
          isDanger
          onGo={() => take(true)}
          onClose={() => ask(false)}
        >
          <p>{holder.by} has it, and loses it. That is written into the log.</p>
        </Dialog>
      ) : null}
    </div>
  );
}

const CHANGES: ReadonlySet<string> = new Set(['control-taken', 'control-released', 'state']);
