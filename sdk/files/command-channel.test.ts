/** Files by commands alone, in a shell of this host: what guests without `stty` get. */
import { spawnSync } from 'node:child_process';
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
import type { ShellResult } from '../machine/types.js';
import { SerialConsole } from '../serial/console.js';
import { serialGuest } from '../serial/fake-shell.test.helper.js';
import { SerialShellTerminal } from '../serial/serial-shell.js';
import { MachineShell } from '../serial/shell.js';
import type { FileChannel } from './channel.js';
import { CommandFileChannel } from './command-channel.js';
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

/** A folder with these programs and no others. */
function programsOf(name: string, names: readonly string[]): string {
  const path = join(programs, name);
  mkdirSync(path);
  const where = (program: string): string => ['/usr/bin', '/bin'].map((bin) => join(bin, program)).find(exists) ?? '';
  for (const program of [...POSIX, ...names]) symlinkSync(where(program), join(path, program));
  return path;
}

/** The channel alone, with commands that are not typed: a shell of this host has them at once. */
function channelWith(name: string, ...names: string[]): FileChannel {
  const path = programsOf(name, names);
  const run = (command: string): ShellResult => {
    const { stdout, status } = spawnSync('env', [`PATH=${path}`, 'sh', '-c', command], { encoding: 'utf8' });
    return { stdout, exitCode: status ?? -1 };
  };
  return new CommandFileChannel(async (command) => Promise.resolve(run(command)), 1000);
}

/** A guest that has these programs and no others. */
function guestWith(name: string, ...names: string[]) {
  const path = programsOf(name, names);
  const { machine } = serialGuest({ program: ['env', `PATH=${path}`, 'sh', '-c'], piece: 4096 });
  machine.timeouts.expect = 60_000;
  const shell = new MachineShell(machine, new SerialShellTerminal(machine, new SerialConsole(machine, 0)));
  return { machine, files: new MachineFiles(machine, shell) };
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** More than one command brings in, and out. */
const ALL = Uint8Array.from({ length: 14_000 }, (_, index) => (index * 7) & 0xff);

test.each([
  ['base64 and sha256sum', ['base64', 'sha256sum']],
  ['neither base64 nor sha256sum, but md5sum', ['md5sum']],
  ['nothing but what POSIX has', ['cksum']],
])('a guest with %s', async (_what, names) => {
  const channel = channelWith(`with ${names.join()}`, ...names);
  const path = join(folder, `it's ${names.join()}`);
  const onProgress = () => undefined;
  expect(await channel.put({ path, bytes: ALL, mode: 0o640, onProgress })).toEqual({ kind: 'done' });
  expect(new Uint8Array(readFileSync(path))).toEqual(ALL);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(await channel.get({ path, onProgress })).toEqual({ kind: 'done', bytes: ALL });
  expect(await channel.put({ path, bytes: new Uint8Array(), mode: null, onProgress })).toEqual({ kind: 'done' });
  expect(await channel.get({ path, onProgress })).toEqual({ kind: 'done', bytes: new Uint8Array() });
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).filter((name) => name.includes('gw-part'))).toEqual([]);
});

test('where the terminal cannot be made transparent, commands are typed', async () => {
  const { files, machine } = guestWith('typed', 'base64', 'sha256sum');
  const file = join(folder, 'typed');
  await files.put(file, 'Gr\u00fc\u00dfe\n');
  expect(readFileSync(file, 'utf8')).toBe('Gr\u00fc\u00dfe\n');
  expect(new TextDecoder().decode(await files.get(file))).toBe('Gr\u00fc\u00dfe\n');
  expect(machine.actions.map(({ title }) => title).slice(0, 2)).toEqual([`Put 8 bytes into ${file}`, `Get ${file}`]);
  const there = join(folder, 'typed', 'no folder');
  const error = await failureOf(files.get(file, { file: there }));
  expect([error.kind, error.code]).toEqual(['usage', 'file-not-written']);
});

test('what cannot be done is told by its reason', async () => {
  const channel = channelWith('reasons', 'cksum');
  const get = (path: string) => ({ path, onProgress: () => undefined });
  const put = (path: string) => ({ ...get(path), bytes: new Uint8Array(1), mode: null });
  expect(await channel.get(get(join(folder, 'none')))).toEqual({ kind: 'missing' });
  expect(await channel.get(get(folder))).toEqual({ kind: 'folder' });
  expect(await channel.put(put(folder))).toEqual({ kind: 'folder' });
  const outcome = await channel.put(put(join(folder, 'no', 'folder')));
  expect(outcome.kind).toBe('unwritten');
  expect('words' in outcome ? outcome.words : '').toMatch(/no such file|nonexistent/i);
});

test('a guest that cannot make a digest is told so, and the file that was there stays', async () => {
  const path = join(folder, 'kept');
  writeFileSync(path, 'old');
  const request = { path, bytes: new Uint8Array(1), mode: null, onProgress: () => undefined };
  expect(await channelWith('no digest').put(request)).toEqual({ kind: 'no-digest' });
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(exists(`${path}.gw-part`)).toBe(false);
});

test.each([
  ['cksum', '', '4294967295'],
  ['cksum', '123456789', '930766865'],
  ['md5sum', 'abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['sha256sum', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
] as const)('the %s of %j', (program, text, digest) => {
  expect(digestOf(program, new TextEncoder().encode(text))).toBe(digest);
});
