/** Passwords as they are kept: scrypt (RFC 7914) with a salt, and with the cost that it was hashed at. */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { InOrder } from '../../../sdk/machine/in-order.js';
import { Refusal } from './refusal.js';

export const FEWEST_CHARACTERS = 12;
const MOST_CHARACTERS = 200;

/** Of a new password. What it is made of is up to its user. */
export const newPassword = z
  .string()
  .max(MOST_CHARACTERS, `at most ${MOST_CHARACTERS} characters`)
  .refine((text) => Array.from(text).length >= FEWEST_CHARACTERS, `at least ${FEWEST_CHARACTERS} characters`);

/** Of one that is tried. */
export const triedPassword = z.string().max(MOST_CHARACTERS);

const base64 = z.base64().min(22);

export const storedPassword = z.strictObject({
  kdf: z.literal('scrypt'),
  cost: z
    .int()
    .min(2 ** 14)
    .max(2 ** 20),
  blockSize: z.int().min(8).max(32),
  parallelization: z.int().min(1).max(16),
  salt: base64,
  hash: base64,
});
export type StoredPassword = z.output<typeof storedPassword>;

/** 32 MB and some tenths of a second: what OWASP's "Password Storage Cheat Sheet" gives for this memory. */
const COST = { cost: 2 ** 15, blockSize: 8, parallelization: 3 };
const BYTES = 32;

/** Hashing takes memory and a processor: one at a time, and so many wait. */
const turn = new InOrder();
const MOST_WAITING = 16;
let waiting = 0;

/** Of nobody: to try a password on it takes as long as on anybody's. */
const NOBODY: StoredPassword = {
  kdf: 'scrypt',
  ...COST,
  salt: randomBytes(16).toString('base64'),
  hash: randomBytes(BYTES).toString('base64'),
};

/** @throws Refusal when too many are being hashed */
export async function hashPassword(password: string): Promise<StoredPassword> {
  const salt = randomBytes(16);
  const hash = await hashed(password, salt, COST);
  return { kdf: 'scrypt', ...COST, salt: salt.toString('base64'), hash: hash.toString('base64') };
}

/** @param stored null: there is no such user, which takes as long. @throws Refusal when too many are being hashed */
export async function isPassword(stored: StoredPassword | null, password: string): Promise<boolean> {
  const { salt, hash, ...cost } = stored ?? NOBODY;
  const expected = Buffer.from(hash, 'base64');
  const given = await hashed(password, Buffer.from(salt, 'base64'), cost);
  return given.length === expected.length && timingSafeEqual(given, expected) && stored !== null;
}

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

async function hashed(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  if (waiting >= MOST_WAITING)
    throw new Refusal(429, 'too-many-tries', 'Too many passwords at once: try again in 5 seconds', 5);
  waiting++;
  const { blockSize, parallelization } = cost;
  const maxmem = 128 * blockSize * (cost.cost + parallelization) + (1 << 20);
  try {
    // The same text as another keyboard or system composes it (RFC 8265, 4.2.2).
    return await turn.run(async () => await derive(password.normalize('NFC'), salt, BYTES, { ...cost, maxmem }));
  } finally {
    waiting--;
  }
}
