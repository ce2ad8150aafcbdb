/** `guestwright token`, `guestwright user` and what `guestwright serve` allows, as processes. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GUESTWRIGHT, Serving, type RunOptions, type Said } from './serving.js';
import { idlingGuest } from './tiny-guests.js';

let serving: Serving;
beforeEach(() => (serving = new Serving()));
afterEach(async () => await serving[Symbol.asyncDispose]());

const token = async (...args: string[]): Promise<Said> => await serving.run(['token', ...args]);
const user = async (args: string[], options: RunOptions = {}): Promise<Said> =>
  await serving.run(['user', ...args], options);

async function signIn(url: string, body: object): Promise<Response> {
  return await fetch(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

test('a token is made, does what it may from elsewhere and nothing else, is given more, and is void', async () => {
  const { url } = await serving.serve();
  const made = await token('create', 'ci', '--allow', 'read@*');
  expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[\w-]{43}$/) as string });
  const env = { GUESTWRIGHT_TOKEN: made.stdout };
  const elsewhere = async (...args: string[]) => await serving.run([...args, '--host', url], { env });
  expect(await elsewhere('machine', 'list')).toMatchObject({ exitCode: 0 });
  expect(await elsewhere('token', 'list')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('permissions') as string,
  });
  expect((await token('list')).stdout).toContain('read@*');
  expect((await token('grant', 'ci', '--allow', 'all@host', '--allow', 'read,execute@web')).stdout).toBe(
    'ci may: all@host read,execute@web',
  );
  expect(JSON.parse((await elsewhere('token', 'list', '--json')).stdout)).toMatchObject([
    { name: 'local' },
    { name: 'ci' },
  ]);
  expect((await elsewhere('machine', 'events', '--text', 'token-granted')).stdout).toContain(
    'token-granted by local  ci',
  );
  expect((await token('revoke', 'ci')).stdout).toBe('ci is void.');
  expect(await elsewhere('machine', 'list')).toMatchObject({ exitCode: 2 });
  expect(await token('create', 'ci', '--allow', 'look@web')).toMatchObject({ exitCode: 2 });
});

test('an address signs a browser in once: the one that serve prints, and one that is asked for', async () => {
  const { url, said } = await serving.serve();
  const linked = await token('link');
  for (const text of [said, linked.stdout]) {
    const code = /#code=([\w-]+)/.exec(text)?.[1] ?? '';
    const answer = await signIn(url, { code });
    expect(answer.status).toBe(200);
    const session = (await answer.json()) as { token: string };
    const me = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${session.token}` } });
    expect(await me.json()).toMatchObject({ name: 'local', kind: 'token' });
    expect((await signIn(url, { code })).status).toBe(401);
  }
});

test('a user is made with a password from the input, is given rights, another password, and is deleted', async () => {
  const { url } = await serving.serve();
  expect((await user(['list'])).stdout).toContain('guestwright user create');
  const made = await user(['create', 'anna', '--allow', 'read@*'], { input: 'correct horse battery\n' });
  expect([made.stdout, made.stderr]).toEqual(['anna may: read@*', '']);
  expect((await signIn(url, { user: 'anna', password: 'correct horse battery' })).status).toBe(200);
  expect((await user(['grant', 'anna', '--allow', 'all@web'])).stdout).toBe('anna may: all@web');
  expect((await user(['list'])).stdout).toMatch(/^anna +all@web$/);
  expect(await user(['password', 'anna'], { input: 'short\n' })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('at least 12 characters') as string,
  });
  expect(await user(['password', 'anna'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('A password is needed') as string,
  });
  expect((await user(['password', 'anna'], { input: 'another long one\n' })).exitCode).toBe(0);
  expect((await signIn(url, { user: 'anna', password: 'correct horse battery' })).status).toBe(401);
  expect((await user(['delete', 'anna'])).stdout).toBe('anna was deleted.');
  expect((await signIn(url, { user: 'anna', password: 'another long one' })).status).toBe(401);
  const { stdout } = await serving.run(['machine', 'events']);
  for (const kind of ['user-made', 'user-granted', 'user-password-set', 'user-deleted'])
    expect(stdout).toContain(`${kind} by local`);
});

// util-linux has a program that gives another a terminal; most systems have that installed.
test.skipIf(!existsSync('/usr/bin/script'))('a terminal asks twice for a password and does not show it', async () => {
  const { url } = await serving.serve();
  const command = [...GUESTWRIGHT, 'user', 'create', 'anna'].join(' ');
  for (const [second, exitCode] of [
    ['something else', 2],
    ['correct horse battery', 0],
  ] as const) {
    const terminal = execa('script', ['-qec', command, '/dev/null'], { env: serving.env, reject: false, all: true });
    let shown = '';
    const answers = [
      ['New password of anna: ', 'correct horse battery'],
      ['Again: ', second],
    ] as const;
    let answered = 0;
    terminal.all.on('data', (text: Buffer) => {
      shown += text.toString();
      const next = answers[answered];
      if (next === undefined || !shown.includes(next[0])) return;
      answered++;
      terminal.stdin.write(`${next[1]}\r`);
    });
    expect((await terminal).exitCode, shown).toBe(exitCode);
    expect(shown).not.toContain('horse');
    expect(shown).not.toContain('something');
  }
  expect((await signIn(url, { user: 'anna', password: 'correct horse battery' })).status).toBe(200);
});

test('events are followed, those of before first', async () => {
  await serving.serve();
  writeFileSync(join(serving.folder, 'idle.img'), idlingGuest());
  const create = async (name: string) => await serving.run(['machine', 'create', name, '--floppy', 'idle.img']);
  await create('one');
  const following = serving.start(['machine', 'events', '--follow', '--text', 'created']);
  let seen = '';
  const shows = async (text: string) =>
    await new Promise<void>((resolve) => {
      const look = (more: Buffer | string): void => {
        seen += more.toString();
        if (seen.includes(text)) resolve();
      };
      following.all.on('data', look);
      look('');
    });
  await shows('one');
  await create('two');
  await shows('two');
  expect(
    seen
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).slice(1).join(' ')),
  ).toEqual(['one created by local', 'two created by local']);
  await serving.stop();
  const { exitCode, all } = await following;
  expect([exitCode, all]).toEqual([3, expect.stringContaining('tells no more')]);
});

test('pages of other hosts, and folders of images, are those that serve was told', async () => {
  mkdirSync(join(serving.folder, 'images'));
  for (const place of ['images/idle.img', 'outside.img']) writeFileSync(join(serving.folder, place), idlingGuest());
  const page = 'https://console.example';
  const { url, said } = await serving.serve('--allow-page', page, '--images-from', 'images');
  expect(said).toContain(join(serving.folder, 'images'));
  const answer = await fetch(`${url}/api/v1/me`, { headers: { origin: page } });
  expect(answer.headers.get('access-control-allow-origin')).toBe(page);
  const create = async (name: string, image: string) =>
    await serving.run(['machine', 'create', name, '--floppy', image]);
  expect(await create('one', 'images/idle.img')).toMatchObject({ exitCode: 0 });
  expect(await create('two', 'outside.img')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--images-from') as string,
  });
  await serving.stop();
  expect(await serving.run(['serve', '--allow-page', '*'])).toMatchObject({ exitCode: 2 });
  expect(await serving.run(['serve', '--images-from', 'nowhere'])).toMatchObject({ exitCode: 2 });
});

test('a machine of another folder is taken over, and forgotten', async () => {
  const other = new Serving();
  try {
    writeFileSync(join(serving.folder, 'idle.img'), idlingGuest());
    await serving.serve();
    await serving.run(['machine', 'create', 'one', '--floppy', 'idle.img']);
    await serving.stop();
    await other.serve();
    const folder = join(serving.folder, 'host', 'machines', 'one');
    const machine = async (...args: string[]) => await other.run(['machine', ...args]);
    expect((await machine('register', folder)).stdout).toBe('one is a machine of this host now.');
    expect((await machine('list')).stdout).toMatch(/^one +turned-off/);
    expect(await machine('unregister', 'one')).toMatchObject({ exitCode: 0 });
    expect((await machine('list')).stdout).toContain('no machine');
    expect(existsSync(join(folder, 'machine.json'))).toBe(true);
  } finally {
    await other[Symbol.asyncDispose]();
  }
});

test('a host says how it is and what it does, and who asks for a task that there is not is told so', async () => {
  await serving.serve();
  writeFileSync(join(serving.folder, 'idle.img'), idlingGuest());
  await serving.run(['machine', 'create', 'one', '--floppy', 'idle.img', '--memory', '8']);
  await serving.run(['machine', 'clone', 'one', 'two']);
  expect((await serving.run(['machine', 'host'])).stdout).toContain('machines: 0 of 2 run');
  expect((await serving.run(['machine', 'tasks'])).stdout).toMatch(/one +clone by local: done/);
  const [task] = JSON.parse((await serving.run(['machine', 'tasks', '--json'])).stdout) as { id: string }[];
  const over = await serving.run(['machine', 'cancel', task?.id ?? '']);
  expect([over.exitCode, over.stderr]).toEqual([2, expect.stringContaining('cancel')]);
  const missing = await serving.run(['machine', 'cancel', '7b1f8a52-6f0b-4f3e-9c40-0f6d1a2b3c4d']);
  expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining('There is no task')]);
});
