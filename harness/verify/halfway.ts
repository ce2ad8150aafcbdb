/** Chooses where a run is stored so that another process can go on from there. */
import type { GuestTime } from '../../sdk/index.js';
import type { LogEntry } from './log.js';

/** v86's canonical points, guest ms: storing a snapshot there changes nothing. */
const CANONICAL_MS = 1_000;

/**
 * The canonical point nearest to the middle of the run's steps that can be used: it is passed only once (a revert can
 * pass an instant twice), and nothing after it goes back to a snapshot from before it. Null when there is none.
 */
export function chooseHalfway(log: readonly LogEntry[]): GuestTime | null {
  const candidates: { at: GuestTime; index: number; steps: number }[] = [];
  let now = 0;
  let furthest = 0;
  let steps = 0;
  for (const [index, entry] of log.entries()) {
    if (entry.kind === 'end') break;
    const at = entry.kind === 'start' ? 0 : entry.at;
    if (entry.kind !== 'restore') {
      const first = (Math.floor(now / CANONICAL_MS) + 1) * CANONICAL_MS;
      for (let point = first; point <= at; point += CANONICAL_MS) {
        if (point > furthest && !goesBackBefore(log, index)) candidates.push({ at: point, index, steps });
      }
    }
    now = at;
    furthest = Math.max(furthest, at);
    if (entry.kind === 'step') steps++;
  }
  candidates.sort((a, b) => Math.abs(a.steps - steps / 2) - Math.abs(b.steps - steps / 2));
  // An instant that is reached again after a revert would be stored where the run is not.
  return candidates.find(({ at, index }) => !reachedAgain(log, index, at))?.at ?? null;
}

/** Whether an entry from `index` on goes back to a snapshot that was saved before it. */
function goesBackBefore(log: readonly LogEntry[], index: number): boolean {
  const later = new Set<string>();
  for (const entry of log.slice(index)) {
    if (entry.kind === 'save') later.add(entry.id);
    if (entry.kind === 'restore' && !later.has(entry.id)) return true;
  }
  return false;
}

function reachedAgain(log: readonly LogEntry[], index: number, at: GuestTime): boolean {
  return log.slice(index).some((entry) => entry.kind === 'restore' && entry.at < at);
}
