/** How a server and a viewer agree on a version of the protocol and on who the viewer is (RFC 6143, 7.1). */
import { randomBytes } from 'node:crypto';
import { GuestwrightError } from '../errors.js';
import { viewOf, type Reading } from './reading.js';
import { CHALLENGE_BYTES, isAnswer } from './vnc-password.js';

export const OWN_VERSION = 'RFB 003.008\n';

const NONE = 1;
const PASSWORD = 2;

export type Send = (bytes: Uint8Array) => void;

/**
 * The server's part, up to where the viewer's ClientInit comes.
 * @param password null: whoever comes is let in
 * @throws GuestwrightError `usage/rfb-invalid`, `usage/rfb-password-wrong`
 */
export function* welcome(send: Send, password: string | null): Reading {
  send(Buffer.from(OWN_VERSION));
  const version = minorVersion(yield 12);
  yield* agree(send, version, password);
}

function* agree(send: Send, version: 3 | 7 | 8, password: string | null): Reading {
  const type = password === null ? NONE : PASSWORD;
  if (version === 3) send(Uint8Array.of(0, 0, 0, type));
  else {
    send(Uint8Array.of(1, type));
    const [chosen = 0] = yield 1;
    if (chosen !== type) throw invalid(`security of the type ${type}`, `the type ${chosen}`);
  }
  if (password !== null) {
    const challenge = randomBytes(CHALLENGE_BYTES);
    send(challenge);
    if (!isAnswer(yield CHALLENGE_BYTES, challenge, password)) {
      send(version === 8 ? refusal('The password is wrong') : Uint8Array.of(0, 0, 0, 1));
      throw new GuestwrightError('A viewer did not know the password', { kind: 'usage', code: 'rfb-password-wrong' });
    }
  }
  // Before 3.8 nobody is told that nothing was asked.
  if (password !== null || version === 8) send(Uint8Array.of(0, 0, 0, 0));
}

/** What is not known is as good as the last before it: a viewer of 3.889 is one of Apple's, and speaks 3.8. */
function minorVersion(line: Uint8Array): 3 | 7 | 8 {
  const text = Buffer.from(line).toString('latin1');
  const found = /^RFB 003\.(\d{3})\n$/.exec(text);
  const minor = Number(found?.[1]);
  if (found === null || minor < 3) throw invalid('a version of RFB from 3.3 on', JSON.stringify(text));
  if (minor >= 8) return 8;
  return minor === 7 ? 7 : 3;
}

function refusal(why: string): Uint8Array {
  const words = Buffer.from(why);
  const bytes = new Uint8Array(8 + words.length);
  viewOf(bytes).setUint32(0, 1);
  viewOf(bytes).setUint32(4, words.length);
  bytes.set(words, 8);
  return bytes;
}

/**
 * The viewer's part, up to where it sends ClientInit, to a server that lets everybody in.
 * @throws GuestwrightError `infrastructure/rfb-server-invalid`
 */
export function* enter(send: Send): Reading {
  const text = Buffer.from(yield 12).toString('latin1');
  if (!/^RFB 003\.(008|889)\n$/.test(text)) throw serverInvalid('RFB 3.8', JSON.stringify(text));
  send(Buffer.from(OWN_VERSION));
  const [count = 0] = yield 1;
  const types = yield count;
  if (!types.includes(NONE)) throw serverInvalid('a server that asks for nothing', `types ${[...types].join(', ')}`);
  send(Uint8Array.of(NONE));
  const result = viewOf(yield 4).getUint32(0);
  if (result !== 0) throw serverInvalid('to be let in', `result ${result}`);
}

export function invalid(expected: string, seen: string): GuestwrightError {
  return new GuestwrightError('A viewer says what is no RFB', { kind: 'usage', code: 'rfb-invalid', expected, seen });
}

export function serverInvalid(expected: string, seen: string): GuestwrightError {
  return new GuestwrightError('The server of a screen says what is not understood', {
    kind: 'infrastructure',
    code: 'rfb-server-invalid',
    expected,
    seen,
  });
}
