/** Why a host cannot be spoken to. */
import { GuestwrightError } from '../../../sdk/errors.js';

/** @param seen what the connection failed with */
export function unreachable(url: string, seen: string): GuestwrightError {
  if (/certificate|altname/i.test(seen)) {
    return new GuestwrightError(`It is not certain that ${url} is the host`, {
      kind: 'infrastructure',
      code: 'host-certificate-untrusted',
      expected: 'a certificate for this name, of an authority that this computer trusts',
      seen,
      next: 'trust it, if it is the right one: NODE_EXTRA_CA_CERTS=<file with it, or with its authority’s> guestwright …',
    });
  }
  return new GuestwrightError(`The host ${url} does not answer`, {
    kind: 'infrastructure',
    code: 'host-unreachable',
    expected: 'a host that listens there',
    seen,
    next: 'start it with: guestwright serve',
  });
}
