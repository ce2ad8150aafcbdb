/** A host that is reached with TLS: by its own computer's commands as ever, by others with a token and a certificate they trust. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findOnPath } from '../../sdk/find-on-path.js';
import { Serving } from './serving.js';
import { echoingGuest } from './tiny-guests.js';

const DRIVE = new URL('../server/drive/machine-of-host.js', import.meta.url).href;
/** It makes the certificates; where it is missing there is nothing to test with. */
const HAS_OPENSSL = (await findOnPath('openssl')) !== null;

let serving: Serving;
beforeEach(() => {
  serving = new Serving();
  writeFileSync(join(serving.folder, 'echo.img'), echoingGuest());
});
afterEach(async () => await serving[Symbol.asyncDispose]());

async function certify(name: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(serving.folder, `${name}.pem`), join(serving.folder, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2'];
  await execa('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject]);
  return { cert, key };
}

/** Of a command on another computer. */
const elsewhere = (token: string, trusted?: string): Record<string, string> => ({
  GUESTWRIGHT_HOST_FOLDER: join(serving.folder, 'none'),
  GUESTWRIGHT_TOKEN: token,
  ...(trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: trusted }),
});

async function done(env: Record<string, string>, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await serving.run(args, { env });
  expect(`${stderr}\n${exitCode ?? ''}`).toMatch(/\n0$/);
  return stdout;
}

test.skipIf(!HAS_OPENSSL)('machines are used with TLS, and only of a host that is certain', async () => {
  const { cert, key } = await certify('localhost');
  const served = await serving.serve('--tls-cert', cert, '--tls-key', key);
  const url = served.url.replace('127.0.0.1', 'localhost');
  await done({}, 'machine', 'create', 'echo', '--floppy', 'echo.img', '--memory', '8');
  const token = (await done({}, 'token', 'create', 'ci', '--allow', 'read,execute@*')).trim().split('\n').at(-1) ?? '';

  const trusting = elsewhere(token, cert);
  expect(await done(trusting, 'machine', 'list', '--host', url)).toContain('echo');
  await done(trusting, 'machine', 'start', 'echo', '--host', url);
  // A scenario's WebSocket.
  const script = `
    const { machineOfHost } = await import(${JSON.stringify(DRIVE)});
    await using machine = await machineOfHost({ machine: 'host://echo' });
    await machine.screen.getByText('READY').waitFor();
    console.log('seen');`.replace('await using', 'const');
  const scenario = await execa(process.execPath, ['--input-type=module', '-e', `${script}\nawait machine.dispose();`], {
    env: { ...trusting, GUESTWRIGHT_HOST: url },
  });
  expect(scenario.stdout).toBe('seen');

  const strangers: [string, Record<string, string>, string, number, string][] = [
    ['an unknown certificate', elsewhere(token), url, 3, 'NODE_EXTRA_CA_CERTS'],
    ['another name', trusting, url.replace('localhost', '127.0.0.1'), 3, 'It is not certain that'],
    ['a wrong token', elsewhere('wrong', cert), url, 2, 'token'],
    ['no TLS', trusting, url.replace('https', 'http'), 3, 'does not answer'],
  ];
  for (const [what, from, to, exitCode, words] of strangers) {
    const end = await serving.run(['machine', 'list', '--host', to], { env: from });
    expect([what, end.exitCode, end.stderr]).toEqual([what, exitCode, expect.stringContaining(words)]);
  }
});

test.skipIf(!HAS_OPENSSL)('a key that is not that of the certificate is refused', async () => {
  const [one, other] = [await certify('localhost'), await certify('other')];
  const { exitCode, stderr } = await serving.run(['serve', '--tls-cert', one.cert, '--tls-key', other.key]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('The certificate and its key cannot be used')]);
});
