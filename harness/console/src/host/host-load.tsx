/** How much of a host is in use. */
import type { HostSession } from './host-session.js';
import { useHost } from './use.js';

export function HostLoad({ session }: { session: HostSession }) {
  const { machines } = useHost(session);
  const running = machines.filter(({ state }) => state === 'running').length;
  return (
    <p class="load">
      {machines.length} machines, {running} running
    </p>
  );
}
