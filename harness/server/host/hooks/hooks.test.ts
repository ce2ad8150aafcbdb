/** Hooks with real programs, on a log of their own. */
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processExists } from '../../../../sdk/lock.js';
import { EventLog } from '../events.js';
import { hookSchema, isFor } from './config.js';
import { Hooks } from './hooks.js';

let folder = '';
let events: EventLog;
let hooks: Hooks | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-hooks-'));
  events = new EventLog(join(folder, 'events.ndjson'));
});
afterEach(async () => {
  await hooks?.[Symbol.asyncDispose]();
  hooks = null;
  await rm(folder, { recursive: true, force: true });
});

const nodeHook = (name: string, code: string, more: object = {}) => ({
  name,
  on: ['state'],
  program: process.execPath,
  arguments: ['-e', code],
  ...more,
});

async function open(...all: object[]): Promise<void> {
  await writeFile(join(folder, 'hooks.json'), JSON.stringify({ version: 1, hooks: all }), { mode: 0o600 });
  hooks = await Hooks.open(folder, events);
}

const happens = (kind: string, machine: string | null = 'web', detail: string | null = null) =>
  events.add({ machine, kind, by: null, detail });
const ends = () => events.search({ kind: 'hook-ended', limit: 1000 });
const ended = async (count: number) => {
  await expect.poll(() => ends().length, { timeout: 30_000 }).toBe(count);
  return ends();
};

test('a program gets the event as data: on its input, in its environment, its arguments as they are', async () => {
  const out = join(folder, 'out.json');
  const code = `
    const input = require('fs').readFileSync(0, 'utf8');
    const { GUESTWRIGHT_EVENT_KIND: kind, GUESTWRIGHT_EVENT_DETAIL: detail, SECRET: secret = null } = process.env;
    require('fs').writeFileSync(${JSON.stringify(out)}, JSON.stringify({ input: JSON.parse(input), kind, detail, secret, args: process.argv.slice(1), cwd: process.cwd() }));
    console.log('done'); process.exitCode = 3;`;
  process.env['SECRET'] = 'x';
  await open({ ...nodeHook('tell', code), arguments: ['-e', code, '$(touch no)', 'a b'] });
  delete process.env['SECRET'];
  const hostile = '"; touch no; $(touch no) \u0000\n';
  const event = happens('state', 'web', hostile);
  const [end] = await ended(1);
  expect(end).toMatchObject({ machine: 'web', by: 'hook tell' });
  expect(end?.detail).toMatch(/^for state \(event 1\): exit code 3 after \d+ ms\ndone$/);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({
    input: event,
    kind: 'state',
    detail: hostile.replace('\0', ''),
    secret: null,
    args: ['$(touch no)', 'a b'],
    cwd: folder,
  });
  expect(existsSync(join(folder, 'no'))).toBe(false);
});

test('one that takes too long is ended with all that it has started', async () => {
  const pids = join(folder, 'pids');
  const code = `
    process.on('SIGTERM', () => {});
    const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    require('fs').writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid);
    setInterval(() => 0, 1000);`;
  await open(nodeHook('slow', code, { timeLimit: 1 }));
  happens('state');
  const [end] = await ended(1);
  expect(end?.detail).toContain('ended, as it took longer than 1 s');
  const all = readFileSync(pids, 'utf8').split(' ').map(Number);
  await expect.poll(() => all.filter(processExists)).toEqual([]);
});

test('what hooks lead to in the log runs no hooks, and one that cannot be started is told of', async () => {
  await open({ name: 'all', on: ['*'], program: join(folder, 'missing') });
  happens('state');
  const [end] = await ended(1);
  expect(end?.detail).toContain('it could not be started');
  expect(end?.detail).toContain('ENOENT');
  happens('reset');
  expect(await ended(2)).toHaveLength(2);
});

test('so many run at once, so many wait, and the rest is left out and told of', async () => {
  await open(nodeHook('slow', 'setInterval(() => 0, 1000)', { timeLimit: 600 }));
  for (let i = 0; i < 110; i++) happens('state');
  expect(events.search({ kind: 'hook-dropped', limit: 1000 })).toHaveLength(110 - 4 - 100);
  await hooks?.[Symbol.asyncDispose]();
  expect(ends().map(({ detail }) => detail)).toEqual(
    Array.from({ length: 4 }, (): unknown => expect.stringContaining('ended with the daemon')),
  );
});

test('its output is kept up to a limit', async () => {
  await open(nodeHook('loud', "process.stdout.write('x'.repeat(1e6))"));
  happens('state');
  const [end] = await ended(1);
  expect(end?.detail?.split('\n')[1]).toHaveLength(4096);
});

test('hooks are read again, and stay as they were when the new ones cannot be used', async () => {
  await open(nodeHook('first', ''));
  await writeFile(
    join(folder, 'hooks.json'),
    '{"version":1,"hooks":[{"name":"x","on":["state"],"program":"relative"}]}',
  );
  await hooks?.reread();
  expect(events.search({ kind: 'hooks-refused', limit: 1 })[0]?.detail).toContain('hooks.0.program: an absolute path');
  happens('state');
  expect((await ended(1))[0]?.by).toBe('hook first');
  await chmod(join(folder, 'hooks.json'), 0o622);
  await expect(Hooks.open(folder, events)).rejects.toMatchObject({ code: 'hooks-unsafe' });
});

test.each([
  [{ on: ['state'] }, 'state', 'web', true],
  [{ on: ['state'] }, 'states', 'web', false],
  [{ on: ['*'] }, 'anything', null, true],
  [{ on: ['*'], machines: ['*'] }, 'anything', null, false],
  [{ on: ['*'], machines: ['web*', 'db'] }, 'reset', 'web-1', true],
  [{ on: ['*'], machines: ['web*', 'db'] }, 'reset', 'db-1', false],
  [{ on: ['a*b*c'] }, 'a-b-b-c', 'web', true],
  [{ on: ['a*b'] }, 'ab', 'web', true],
  [{ on: ['ab*b'] }, 'ab', 'web', false],
  [{ on: ['*'] }, 'hook-ended', 'web', false],
])('%j is asked about %s of %s: %s', (hook, kind, machine, expected) => {
  const whole = hookSchema.parse({ name: 'x', program: '/bin/true', ...hook });
  expect(isFor(whole, { id: 1, at: '', machine, kind, by: null, detail: null })).toBe(expected);
});
