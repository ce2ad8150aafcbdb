/** What changes by itself, for components. */
import { useEffect, useState } from 'preact/hooks';
import type { HostSession, HostView } from './host-session.js';
import { wordsOf } from './api.js';

/** Renders anew when it changes. */
export function useFollowed(source: { follow: (listener: () => void) => () => void } | null): void {
  const [, again] = useState(0);
  useEffect(() => source?.follow(() => again((count) => count + 1)), [source]);
}

export function useHost(session: HostSession): HostView {
  useFollowed(session);
  return session.view;
}

export interface Doing {
  /** What is being done; null: nothing. */
  busy: boolean;
  /** What the last went wrong with. */
  failed: string | null;
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** One thing at a time; what goes wrong is kept for the reader. */
export function useDoing(): Doing {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  return {
    busy,
    failed,
    clear: () => setFailed(null),
    run: async (work) => {
      setBusy(true);
      setFailed(null);
      try {
        await work();
        return true;
      } catch (error) {
        setFailed(wordsOf(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
