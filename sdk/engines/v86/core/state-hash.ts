/**
 * The state hash: SHA-256 over everything that a machine is. Nothing is left out: of v86's memory not only the guest's
 * part is hashed but all of it, compiled-code bookkeeping included.
 */
import type { StateHash } from '../../engine.js';
import { encodeBinary } from './device-state.js';
import type { Overlay } from './disk.js';
import type { V86Machine } from './machine.js';
import type { SparseMemory } from './sparse-memory.js';

/** v86's CPU registers and the like are its first static data. */
const CPU_BYTES = 4096;

/**
 * Looks and disturbs nothing. All bytes are handed to the digest before it first waits, so the machine may run on.
 */
export async function hashState(machine: V86Machine): Promise<StateHash> {
  const all = new Uint8Array(machine.memory.buffer);
  const guest = machine.guestMemory;
  const start = guest.byteOffset;
  const end = start + guest.length;
  machine.clock.time();
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const devices = encodeBinary(machine.devices.capture());
  const pieces: [string, Uint8Array[]][] = [
    ['memory', sparsePieces(machine.copyRange(start, end))],
    ['cpu', [all.subarray(0, CPU_BYTES)]],
    [
      'engine',
      [
        ...sparsePieces(machine.copyRange(CPU_BYTES, start)),
        ...sparsePieces(machine.copyRange(end, machine.memory.buffer.byteLength)),
      ],
    ],
    ['devices', [new TextEncoder().encode(devices.json), ...devices.buffers]],
    ['disks', diskPieces(machine.disks)],
    ['clock', [text([machine.tick, machine.clock.state, machine.power])]],
    ['random', [text(machine.random.state)]],
  ];
  const digests = await Promise.all(pieces.map(async ([, parts]) => digestAll(parts)));
  const parts: Record<string, string> = {};
  for (const [i, [name]] of pieces.entries()) parts[name] = digests[i] ?? '';
  return { hash: await digestAll([text(parts)]), parts };
}

/** Most of a memory is zero: to say which pages are not, and to digest those, is much quicker than to digest all. */
function sparsePieces({ length, pages, bytes }: SparseMemory): Uint8Array[] {
  return [new TextEncoder().encode(String(length)), new Uint8Array(pages.buffer), bytes];
}

function diskPieces(disks: ReadonlyMap<string, { overlay: Overlay }>): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (const [name, { overlay }] of [...disks].sort(byKey)) {
    for (const [number, block] of [...overlay].sort((a, b) => a[0] - b[0])) {
      pieces.push(new TextEncoder().encode(`${name}/${number}`), block);
    }
  }
  return pieces;
}

function byKey(a: [string, unknown], b: [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

/** A digest of the parts' digests: parts cannot run into each other, and nothing large is put together. */
async function digestAll(parts: Uint8Array[]): Promise<string> {
  const digests = await Promise.all(parts.map(async (part) => digest(part)));
  const [only] = digests;
  if (digests.length === 1 && only !== undefined) return hex(only);
  const joined = new Uint8Array(32 * digests.length);
  for (const [i, bytes] of digests.entries()) joined.set(bytes, 32 * i);
  return hex(await digest(joined));
}

async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  // Web Crypto takes no memory that workers share.
  // A page has no shared memory, and no name for it.
  const own = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
  return new Uint8Array(await crypto.subtle.digest('SHA-256', own));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
