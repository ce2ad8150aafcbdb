/** The digests that guests have programs for. */
import { createHash } from 'node:crypto';

/** Programs, from the surest on; at least one is in every guest that follows POSIX. */
export const DIGEST_PROGRAMS = ['sha256sum', 'md5sum', 'cksum'] as const;
export type DigestProgram = (typeof DIGEST_PROGRAMS)[number];

/** The first word of what a program prints for these bytes. */
export function digestOf(program: DigestProgram, bytes: Uint8Array): string {
  switch (program) {
    case 'sha256sum':
      return createHash('sha256').update(bytes).digest('hex');
    case 'md5sum':
      return createHash('md5').update(bytes).digest('hex');
    case 'cksum':
      return String(posixCksum(bytes));
  }
}

export function isDigestProgram(name: string): name is DigestProgram {
  return (DIGEST_PROGRAMS as readonly string[]).includes(name);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/** POSIX's: a CRC-32 that begins with the highest bit, over the bytes and then their number. */
function posixCksum(bytes: Uint8Array): number {
  let crc = 0;
  const feed = (byte: number) => (crc = (crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0));
  for (const byte of bytes) feed(byte);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) feed(length & 0xff);
  return ~crc >>> 0;
}
