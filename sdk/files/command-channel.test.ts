/** Files by commands alone, in a shell of this host: what guests without `stty` get. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureOf } from '../machine/fake-machine.test.helper.js';
import { SerialConsole } from '../serial/console.js';
import { serialGuest } from '../serial/fake-shell.test.helper.js';
import { SerialShellTerminal } from '../serial/serial-shell.js';
import { MachineShell } from '../serial/shell.js';
import { digestOf } from './digest.js';
import { MachineFiles } from './files.js';

let folder: string;
let programs: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-files-'));
  programs = join(folder, 'bin');
  mkdirSync(programs);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const POSIX = ['sh', 'printf', 'dd', 'od', 'wc', 'rm', 'mv', 'chmod', 'stat', 'tr', 'cat'];

/** A guest that has these programs and no others. */
function guestWith(name: string, ...names: string[]) {
  const path = join(programs, name);
  mkdirSync(path);
  const where = (program: string): string => ['/usr/bin', '/bin'].map((bin) => join(bin, program)).find(exists) ?? '';
  for (const program of [...POSIX, ...names]) symlinkSync(where(program), join(path, program));
  const { machine } = serialGuest({ program: ['env', `PATH=${path}`, 'sh', '-c'], piece: 4096 });
  machine.timeouts.expect = 60_000;
  const shell = new MachineShell(machine, new SerialShellTerminal(machine, new SerialConsole(machine, 0)));
  return { machine, files: new MachineFiles(machine, shell) };
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

const ALL = Uint8Array.from({ length: 2000 }, (_, index) => index & 0xff);

test.each([
  ['base64 and sha256sum', ['base64', 'sha256sum']],
  ['neither base64 nor sha256sum, but md5sum', ['md5sum']],
  ['nothing but what POSIX has', ['cksum']],
])('a guest with %s', async (_what, names) => {
  const { files, machine } = guestWith(`with ${names.join()}`, ...names);
  const file = join(folder, `it's ${names.join()}`);
  await files.put(file, ALL, { mode: 0o640 });
  expect(new Uint8Array(readFileSync(file))).toEqual(ALL);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(await files.get(file)).toEqual(ALL);
  await files.put(file, '');
  expect(await files.get(file)).toEqual(new Uint8Array());
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).filter((name) => name.includes('gw-part'))).toEqual([]);
  expect(machine.actions.map(({ title }) => title).slice(0, 2)).toEqual([`Put 2000 bytes into ${file}`, `Get ${file}`]);
});

test('what cannot be done is told by its reason', async () => {
  const { files } = guestWith('reasons', 'cksum');
  expect((await failureOf(files.get(join(folder, 'none')))).code).toBe('guest-file-missing');
  expect((await failureOf(files.get(folder))).code).toBe('guest-path-is-folder');
  expect((await failureOf(files.put(folder, 'x'))).code).toBe('guest-path-is-folder');
  const error = await failureOf(files.put(join(folder, 'no', 'folder'), 'x'));
  expect(error.code).toBe('guest-file-not-written');
  expect(error.message).toMatch(/no such file|nonexistent/i);
});

test('a guest that cannot make a digest is told so, and the file that was there stays', async () => {
  const { files } = guestWith('no digest');
  const file = join(folder, 'kept');
  writeFileSync(file, 'old');
  expect((await failureOf(files.put(file, 'new'))).code).toBe('guest-digest-missing');
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(exists(`${file}.gw-part`)).toBe(false);
});

test.each([
  ['cksum', '', '4294967295'],
  ['cksum', '123456789', '930766865'],
  ['md5sum', 'abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['sha256sum', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
] as const)('the %s of %j', (program, text, digest) => {
  expect(digestOf(program, new TextEncoder().encode(text))).toBe(digest);
});
