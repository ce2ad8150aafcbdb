/** A host that is reached with TLS: by its own computer's commands as ever, by others with a token and a certificate they trust. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findOnPath } from '../find-on-path.js';
import { echoingGuest } from './tiny-guests.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const DRIVE = new URL('../server/drive/machine-of-host.js', import.meta.url).href;
/** It makes the certificates; where it is missing there is nothing to test with. */
const HAS_OPENSSL = (await findOnPath('openssl')) !== null;

let folder = '';
let daemon: ResultPromise<{ reject: false; all: true }> | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-tls-'));
  writeFileSync(join(folder, 'echo.img'), echoingGuest());
});
afterEach(async () => {
  daemon?.kill('SIGTERM');
  await daemon;
  daemon = null;
  rmSync(folder, { recursive: true, force: true });
});

async function certify(name: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2'];
  await execa('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject]);
  return { cert, key };
}

interface Elsewhere {
  token: string;
  trusted?: string;
}

/** @param elsewhere null: on the host's own computer */
function environment(elsewhere: Elsewhere | null): Record<string, string> {
  if (elsewhere === null) return { GUESTWRIGHT_HOST_FOLDER: join(folder, 'host') };
  const { token, trusted } = elsewhere;
  return {
    GUESTWRIGHT_HOST_FOLDER: join(folder, 'none'),
    GUESTWRIGHT_TOKEN: token,
    ...(trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: trusted }),
  };
}

async function guestwright(elsewhere: Elsewhere | null, ...args: string[]) {
  const env = environment(elsewhere);
  const { exitCode, all } = await execa(process.execPath, [MAIN, ...args], {
    env,
    reject: false,
    all: true,
    cwd: folder,
  });
  return { exitCode, all };
}

async function done(elsewhere: Elsewhere | null, ...args: string[]): Promise<string> {
  const { exitCode, all } = await guestwright(elsewhere, ...args);
  expect(`${all}\n${exitCode ?? ''}`).toMatch(/\n0$/);
  return all;
}

async function serve({ cert, key }: { cert: string; key: string }): Promise<string> {
  const args = [MAIN, 'serve', '--tls-cert', cert, '--tls-key', key];
  daemon = execa(process.execPath, args, { env: environment(null), reject: false, all: true, cwd: folder });
  const said = await new Promise<string>((resolve) => {
    daemon?.all.once('data', (text: Buffer) => resolve(text.toString()));
  });
  return /https:\/\/\S+:\d+/.exec(said)?.[0] ?? said;
}

test.skipIf(!HAS_OPENSSL)('machines are used with TLS, and only of a host that is certain', async () => {
  const { cert, key } = await certify('localhost');
  const url = (await serve({ cert, key })).replace('127.0.0.1', 'localhost');
  await done(null, 'machine', 'create', 'echo', '--floppy', 'echo.img', '--memory', '8');
  const token =
    (await done(null, 'token', 'create', 'ci', '--allow', 'read,execute@*')).trim().split('\n').at(-1) ?? '';

  const trusting = { token, trusted: cert };
  expect(await done(trusting, 'machine', 'list', '--host', url)).toContain('echo');
  await done(trusting, 'machine', 'start', 'echo', '--host', url);
  // A scenario's WebSocket.
  const script = `
    const { machineOfHost } = await import(${JSON.stringify(DRIVE)});
    await using machine = await machineOfHost({ machine: 'host://echo' });
    await machine.screen.getByText('READY').waitFor();
    console.log('seen');`.replace('await using', 'const');
  const scenario = await execa(process.execPath, ['--input-type=module', '-e', `${script}\nawait machine.dispose();`], {
    env: { ...environment(trusting), GUESTWRIGHT_HOST: url },
  });
  expect(scenario.stdout).toBe('seen');

  const strangers: [string, Elsewhere, string, number, string][] = [
    ['an unknown certificate', { token }, url, 3, 'NODE_EXTRA_CA_CERTS'],
    ['another name', trusting, url.replace('localhost', '127.0.0.1'), 3, 'It is not certain that'],
    ['a wrong token', { token: 'wrong', trusted: cert }, url, 2, 'token'],
    ['no TLS', trusting, url.replace('https', 'http'), 3, 'does not answer'],
  ];
  for (const [what, from, to, exitCode, words] of strangers) {
    const { all, ...end } = await guestwright(from, 'machine', 'list', '--host', to);
    expect([what, end.exitCode, all]).toEqual([what, exitCode, expect.stringContaining(words)]);
  }
});

test.skipIf(!HAS_OPENSSL)('a key that is not that of the certificate is refused', async () => {
  const [one, other] = [await certify('localhost'), await certify('other')];
  const { exitCode, all } = await guestwright(null, 'serve', '--tls-cert', one.cert, '--tls-key', other.key);
  expect([exitCode, all]).toEqual([2, expect.stringContaining('The certificate and its key cannot be used')]);
});
