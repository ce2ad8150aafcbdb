/** What QEMU needs on its command line, and around its block nodes, to record a run or to replay one. */
import type { ClockKind } from '../engine.js';
import type { BlockNode } from './block-nodes.js';
import { escaped } from './board.js';
import { ICOUNT_SHIFT } from './virtual-clock.js';

/** The log that QEMU writes, or reads. */
export interface RecordLog {
  mode: 'record' | 'replay';
  file: string;
}

/**
 * Instructions are counted on the virtual clock and in recordings. A recording lets idle time pass as wall time
 * (`sleep=on`): since 7.1 QEMU hands over no input and no disk's answer where it is skipped (`icount_account_warp_timer`
 * returns at once), so that the firmware would wait for its disk for ever.
 */
export function countOptions(clock: ClockKind, log: RecordLog | null): string[] {
  if (log !== null) return ['-icount', `shift=${ICOUNT_SHIFT},sleep=on,rr=${log.mode},rrfile=${escaped(log.file)}`];
  return clock === 'virtual' ? ['-icount', `shift=${ICOUNT_SHIFT},sleep=off`] : [];
}

/** @param peer the backend of the guest's network card */
export function filterOptions(log: RecordLog | null, peer: string): string[] {
  return log === null ? [] : ['-object', `filter-replay,id=recorded0,netdev=${peer}`];
}

/** The node whose answers are logged: it lies over the one that gives them. */
export function recordedNode({ name, description }: BlockNode): BlockNode {
  const outer = `rr-${name}`;
  const { 'read-only': readOnly = false, discard } = description;
  return {
    name: outer,
    description: {
      driver: 'blkreplay',
      'node-name': outer,
      'read-only': readOnly,
      ...(discard === undefined ? {} : { discard }),
      image: description,
    },
  };
}
