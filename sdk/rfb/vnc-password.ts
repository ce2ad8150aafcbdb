/** VNC's password: 16 random bytes are encrypted with it (RFC 6143, 7.2.2). It is DES, and eight characters, by the protocol. */
import { createCipheriv, timingSafeEqual } from 'node:crypto';

export const CHALLENGE_BYTES = 16;
/** What is longer than this is not looked at by any viewer. */
export const PASSWORD_CHARACTERS = 8;

/** @param challenge 16 bytes */
export function answerTo(challenge: Uint8Array, password: string): Uint8Array {
  const key = Buffer.alloc(PASSWORD_CHARACTERS);
  key.set(Buffer.from(password, 'latin1').subarray(0, PASSWORD_CHARACTERS));
  // Every viewer has the bits of a key's bytes the wrong way round, as the first had.
  const turned = key.map(turnedBits);
  // DES three times with one key is DES, which OpenSSL no longer has by itself.
  const cipher = createCipheriv('des-ede3', Buffer.concat([turned, turned, turned]), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

export function isAnswer(answer: Uint8Array, challenge: Uint8Array, password: string): boolean {
  const right = answerTo(challenge, password);
  return answer.length === right.length && timingSafeEqual(answer, right);
}

function turnedBits(byte: number): number {
  let turned = 0;
  for (let bit = 0; bit < 8; bit++) if (((byte >> bit) & 1) === 1) turned |= 0x80 >> bit;
  return turned;
}
