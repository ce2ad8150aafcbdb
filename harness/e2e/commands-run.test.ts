/** Every command about hosts and disks is run by a test: a new one fails here until its test is named. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../cli/program.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const GROUPS = ['serve', 'machine', 'token', 'user', 'disk'];

/** By test file: commands, and how the test runs each, word for word. */
const RUN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'harness/e2e/serve.test.ts': {
    serve: "[MAIN, 'serve']",
    'machine list': "done('list')",
    'machine create': "done('create', 'echo',",
    'machine info': "done('info', 'other')",
    'machine start': "done('start', 'echo')",
    'machine screen': "done('screen', 'echo')",
    'machine type': "done('type', 'echo',",
    'machine press': "done('press', 'echo',",
    'machine pause': "['pause']",
    'machine resume': "['resume']",
    'machine snapshot': "['snapshot', 'one']",
    'machine revert': "['revert', 'one']",
    'machine reset': "['reset']",
    'machine remove-snapshot': "['remove-snapshot', 'one']",
    'machine save': "['save']",
    'machine clone': "done('clone', 'echo',",
    'machine rename': "done('rename', 'second',",
    'machine discard-state': "done('discard-state', 'other')",
    'machine events': "done('events', '--machine',",
    'machine delete': "done('delete', 'other', '--yes')",
    'machine power-off': "done('power-off', 'echo')",
    'machine configure': "done('configure', 'echo',",
    'machine insert': "done('insert', 'echo',",
    'machine eject': "done('eject', 'echo',",
    'machine shutdown': "done('shutdown', 'button',",
    'machine commit': "machine('commit', 'button')",
    'machine discard-changes': "done('discard-changes', 'button')",
  },
  'harness/e2e/access.full.test.ts': {
    'machine register': "machine('register', folder)",
    'machine unregister': "machine('unregister', 'one')",
    'machine host': "'machine', 'host'",
    'machine tasks': "'machine', 'tasks'",
    'machine cancel': "'machine', 'cancel'",
    'token list': "token('list')",
    'token create': "token('create', 'ci',",
    'token grant': "token('grant', 'ci',",
    'token revoke': "token('revoke', 'ci')",
    'token link': "token('link')",
    'user list': "user(['list'])",
    'user create': "user(['create', 'anna',",
    'user grant': "user(['grant', 'anna',",
    'user password': "user(['password', 'anna'],",
    'user delete': "user(['delete', 'anna'])",
  },
  'harness/e2e/disk.test.ts': {
    'disk create': "done('create', 'data.vhd',",
    'disk info': "done('info', 'data.vhd'",
    'disk convert': "done('convert', 'disk.raw',",
  },
  'harness/e2e/disk-changes.full.test.ts': {
    'disk resize': "done('resize', 'disk.vhd',",
    'disk compact': "'compact', 'disk.raw'",
    'disk check': "done('check', 'disk.vhd')",
    'disk repair': "done('repair', 'disk.vhd')",
    'disk chain': "done('chain', 'child.vhd',",
    'disk merge': "'merge', 'child.vhd'",
    'disk discard': "done('discard', 'child.vhd')",
  },
  'harness/cli/disk-files/disk-files.test.ts': {
    'disk mount': "disk('mount', image,",
    'disk unmount': "disk('unmount', '--commit',",
    'disk mounts': "disk('mounts')",
    'disk ls': "disk('ls',",
    'disk cat': "disk('cat',",
    'disk put': "disk('put',",
  },
  'harness/e2e/vnc.full.test.ts': {
    'machine vnc': "'machine', 'vnc', 'echo'",
    'machine control': "machine('control', 'echo')",
  },
  'harness/e2e/machine-serial.full.test.ts': { 'machine serial': '`machine serial ${name}' },
  'harness/cli/disk-files/disk-files.full.test.ts': { 'disk get': "disk('get'," },
};

function commandsOf(command: Command, path: readonly string[] = []): string[] {
  const here = [...path, command.name()];
  if (command.commands.length === 0) return [here.join(' ')];
  return command.commands.flatMap((sub) => commandsOf(sub, here));
}

test('every command about hosts and disks has a test that runs it', () => {
  const all = createProgram().commands.filter((command) => GROUPS.includes(command.name()));
  const named = Object.values(RUN).flatMap((commands) => Object.keys(commands));
  expect(named.sort()).toEqual(all.flatMap((command) => commandsOf(command)).sort());
});

test.each(Object.entries(RUN))('%s runs what it is said to run', (file, commands) => {
  const source = readFileSync(join(ROOT, file), 'utf8');
  for (const [command, call] of Object.entries(commands)) expect(source.includes(call), command).toBe(true);
});
