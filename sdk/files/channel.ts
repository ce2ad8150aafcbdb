/**
 * How a file gets into the guest and out of it. There are several ways; which can be gone is found out by trying, from
 * the fastest on.
 */
import { digestOf, isDigestProgram } from './digest.js';

export interface FileChannel {
  put(request: PutRequest): Promise<PutOutcome>;
  get(request: GetRequest): Promise<GetOutcome>;
}

export interface PutRequest {
  /** Path in the guest. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Permission bits; null keeps those of a file that is there. */
  readonly mode: number | null;
  /** Is told how many bytes have arrived. */
  readonly onProgress: (done: number) => void;
}

export interface GetRequest {
  readonly path: string;
  readonly onProgress: (done: number, total: number) => void;
}

/** The largest file, bytes: it is held in memory, and at the speed of a serial port takes its time. */
export const LARGEST = 64 * 1024 * 1024;

/** Why the guest has not done it. `words` are the guest's own, or what was found. */
export type GuestRefusal =
  | { readonly kind: 'missing' }
  | { readonly kind: 'folder' }
  /** More bytes than are taken. */
  | { readonly kind: 'large'; readonly size: number }
  | { readonly kind: 'unreadable'; readonly words: string }
  | { readonly kind: 'unwritten'; readonly words: string }
  | { readonly kind: 'full'; readonly words: string }
  /** What arrived is not what was sent. */
  | { readonly kind: 'differs'; readonly words: string }
  /** Nothing in the guest makes a digest. */
  | { readonly kind: 'no-digest' };

/** The guest lacks what this channel needs; nothing was changed. */
export interface ChannelUnable {
  readonly kind: 'unable';
  readonly needs: string;
}

export type PutOutcome = { readonly kind: 'done' } | GuestRefusal | ChannelUnable;
export type GetOutcome = { readonly kind: 'done'; readonly bytes: Uint8Array } | GuestRefusal | ChannelUnable;

/** The size of a file in the guest's words, which are not to be believed: room is made for what is taken, no more. */
export function sizeOf(words: string): number | GuestRefusal {
  if (!/^\d+$/.test(words))
    return { kind: 'differs', words: `the guest said that its size is ${JSON.stringify(words)}` };
  const size = Number(words);
  return size > LARGEST ? { kind: 'large', size } : size;
}

/** What the guest's script says instead of going on; null when that is none of its words. */
export function refusalIn({ word, rest }: { word: string; rest: string }): GuestRefusal | null {
  switch (word) {
    case 'missing':
    case 'folder':
    case 'no-digest':
      return { kind: word };
    case 'unreadable':
    case 'differs':
      return { kind: word, words: rest };
    case 'unwritten':
      return refusedWriting(rest);
    default:
      return null;
  }
}

/** A file that has come, held against the digest that the guest has made of it. @param words the program and what it said */
export function checkedFile(bytes: Uint8Array, words: string): GetOutcome {
  const [program = '', value = ''] = words.split(' ');
  if (!isDigestProgram(program) || value === '') return { kind: 'no-digest' };
  const own = digestOf(program, bytes);
  if (own === value) return { kind: 'done', bytes };
  return { kind: 'differs', words: `${program} ${value} in the guest, ${own} here` };
}

/** What a guest's program said of why it could not write. */
function refusedWriting(words: string): GuestRefusal {
  return { kind: /no space|disk full|quota|file too large/i.test(words) ? 'full' : 'unwritten', words };
}
