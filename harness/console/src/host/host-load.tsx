/** How much of a host is in use. */
import { useEffect, useState } from 'preact/hooks';
import type { ResultOf } from '../../../server/api/client.js';
import type { HostSession } from './host-session.js';
import { useHost } from './use.js';

type HostStatus = ResultOf<'describeHost'>;

/** Wall ms between two looks, while somebody can see it. */
const EVERY_MS = 5000;

export function HostLoad({ session }: { session: HostSession }) {
  const { machines } = useHost(session);
  const status = useStatus(session);
  const running = machines.filter(({ state }) => state === 'running').length;
  return (
    <div class="load" role="group" aria-label="Load and capacity">
      <span class="measure">
        {machines.length} machines, {running} running
      </span>
      {status === null ? null : (
        <>
          <Measure
            words="Processors"
            value={status.load / status.cpus}
            about={`load ${status.load.toFixed(1)} on ${status.cpus}`}
          />
          <Measure
            words="Memory for machines"
            value={status.memory.reserved / status.memory.budget}
            about={`${gigabytes(status.memory.reserved)} of ${gigabytes(status.memory.budget)}`}
          />
          <span class="measure">{gigabytes(status.disk.free)} of disk free</span>
        </>
      )}
    </div>
  );
}

function Measure({ words, value, about }: { words: string; value: number; about: string }) {
  const share = Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
  return (
    <label class="measure">
      {words}: {about}
      <meter min={0} max={1} high={0.85} optimum={0} value={share} />
    </label>
  );
}

/** Null: it is not known, or not for the caller. */
function useStatus(session: HostSession): HostStatus | null {
  const [status, set] = useState<HostStatus | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let isOver = false;
    const look = async (): Promise<void> => {
      if (!document.hidden) {
        const answer = await session.call('describeHost', {}).catch(() => null);
        if (!isOver) set(answer);
      }
      if (!isOver) timer = setTimeout(() => void look(), EVERY_MS);
    };
    void look();
    return () => {
      isOver = true;
      if (timer !== null) clearTimeout(timer);
    };
  }, [session]);
  return status;
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;
