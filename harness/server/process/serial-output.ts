/** What a port of a machine has sent, for whoever watches it: a stretch of the past, then all that comes. */
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { Machine } from '../../../sdk/machine/types.js';

export const serialPort = z.coerce.number().int().min(0).max(3);

export interface SerialQuestion {
  port: number;
  /** How far the caller has come; null: it begins. */
  at: SerialPlace | null;
}

export interface SerialPlace {
  /** Names the machine as it was launched: after a revert it is another, which may have sent less. */
  run: string;
  /** Bytes that the port has sent. */
  end: number;
}

export interface SerialPiece {
  /** Base64. Empty: nothing came for a while. */
  data: string;
  /** Null: nothing was ever heard. */
  at: SerialPlace | null;
  /** It is another run: what the caller had before is not of it. */
  again: boolean;
}

/** Bytes of the past that somebody who begins to watch gets. */
export const HISTORY_BYTES = 64 * 1024;
/** Bytes of one answer. */
const MOST_BYTES = 256 * 1024;
/** Wall ms after which an answer says that nothing came: nobody may be there any more. */
const LONGEST_WAIT_MS = 5000;
/** Wall ms between two looks: right after something came, and when nothing has for long. */
const GAPS = { soonest: 20, latest: 200 };
const SLOWER = 1.3;

/**
 * Resolves when there is something to tell. Ports are looked at only while somebody asks.
 * @param machineNow null: it is being exchanged for what it was at a snapshot
 */
export async function serialSince(machineNow: () => Machine | null, question: SerialQuestion): Promise<SerialPiece> {
  const until = performance.now() + LONGEST_WAIT_MS;
  let gap = GAPS.soonest;
  for (;;) {
    const machine = machineNow();
    try {
      const piece = machine === null ? null : await pieceOf(machine, question);
      if (piece !== null) return piece;
    } catch (error) {
      // One that went back to a snapshot meanwhile is another, which is asked then.
      if (machine === machineNow()) throw error;
    }
    if (performance.now() > until) return { data: '', at: question.at, again: false };
    await setTimeout(gap);
    gap = Math.min(GAPS.latest, gap * SLOWER);
  }
}

/** Null: nothing new. */
async function pieceOf(machine: Machine, { port, at }: SerialQuestion): Promise<SerialPiece | null> {
  const serial = machine.serialPort(port);
  const isSame = at?.run === machine.id;
  const { end } = await serial.bytes(Number.MAX_SAFE_INTEGER);
  if (isSame && end <= at.end) return null;
  const from = isSame ? at.end : Math.max(0, end - HISTORY_BYTES);
  const { data } = await serial.bytes(from);
  const some = data.subarray(0, MOST_BYTES);
  return {
    data: Buffer.from(some).toString('base64'),
    at: { run: machine.id, end: from + some.length },
    again: at !== null && !isSame,
  };
}
