/** Who has a machine's keyboard and pointer. */
import type { HostSession } from './host-session.js';

export function ControlBar({ session, name }: { session: HostSession; name: string }) {
  void session;
  void name;
  return null;
}
