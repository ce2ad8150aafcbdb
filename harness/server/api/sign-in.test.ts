/** Users, passwords and sessions, over the API of a real host. */
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bearer, NO_GRANTS, openTestApi, type TestApi } from './api.test.helper.js';
import { HostClient } from './client.js';
import type { Grants } from './rights.js';
import { Tokens } from './tokens.js';

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
});
afterEach(async () => {
  vi.useRealTimers();
  await api[Symbol.asyncDispose]();
});

const password = 'correct horse battery';
const grants: Grants = { host: [], machines: { web: ['read'] } };

const anna = async () => await api.all.call('makeUser', { body: { name: 'anna', password, grants } });
const as = (token: string) => new HostClient(api.server.url, token);
const signIn = async (user: string, tried: string) =>
  await as('none').call('signIn', { body: { user, password: tried } });

async function post(path: string, body: unknown): Promise<Response> {
  return await fetch(`${api.server.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const logged = (kind: string) => api.host.events.search({ kind, limit: 100 }).map(({ by, detail }) => [by, detail]);

test('a user signs in, is who it says, may what it was given, and signs out', async () => {
  await anna();
  const { token, expires } = await signIn('anna', password);
  expect(Date.parse(expires) - Date.now()).toBeGreaterThan(11.9 * 3_600_000);
  expect(await as(token).call('whoAmI', {})).toEqual({ name: 'anna', kind: 'user', grants });
  await expect(as(token).call('listUsers', {})).rejects.toMatchObject({ code: 'right-missing' });
  await api.all.call('grantUser', { params: { user: 'anna' }, body: { host: ['permissions'], machines: {} } });
  const [listed] = await as(token).call('listUsers', {});
  expect(Object.keys(listed ?? {}).sort()).toEqual(['created', 'grants', 'name']);
  await as(token).call('signOut', {});
  await expect(as(token).call('whoAmI', {})).rejects.toMatchObject({ code: 'token-wrong' });
  await expect(api.all.call('signOut', {})).rejects.toMatchObject({ code: 'not-signed-in' });
  expect(logged('signed-in')).toEqual([['anna', 'by password, from 127.0.0.1']]);
  expect(logged('signed-out')).toEqual([['anna', null]]);
  expect(logged('user-granted')).toEqual([['all', 'anna']]);
});

test('passwords are in no file, answer or log, and the file is for its owner only', async () => {
  await anna();
  const secret = 'a password in the wrong field';
  await post('/sessions', { user: secret, password });
  const short = await post('/sessions', { user: 'anna', password: 7 });
  expect(await short.text()).not.toContain(secret);
  const { token } = await signIn('anna', password);
  const file = join(api.host.folder, 'users.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(api.host.folder, 'tokens.json'))).mode & 0o777).toBe(0o600);
  const log = await readFile(join(api.host.folder, 'events.ndjson'), 'utf8');
  for (const text of [await readFile(file, 'utf8'), log]) {
    for (const hidden of [password, secret, token]) expect(text).not.toContain(hidden);
  }
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    users: [{ name: 'anna', password: { kdf: 'scrypt', cost: 32_768 } }],
  });
});

test('a wrong password and a user that there is not are told alike, and take as long', async () => {
  await anna();
  const took: number[] = [];
  const said: unknown[] = [];
  for (const user of ['anna', 'nobody']) {
    const begun = performance.now();
    const answer = await post('/sessions', { user, password: 'something else' });
    took.push(performance.now() - begun);
    said.push([answer.status, await answer.json()]);
  }
  expect(said[0]).toEqual(said[1]);
  expect(said[0]).toMatchObject([401, { code: 'sign-in-refused' }]);
  // An answer without hashing takes a few milliseconds, one with it hundreds.
  expect(Math.min(...took)).toBeGreaterThan(50);
  expect(logged('sign-in-refused')).toEqual([
    [null, 'as anna, from 127.0.0.1: wrong'],
    [null, 'as nobody known here, from 127.0.0.1: wrong'],
  ]);
});

test('who tries too often is told when to try again, also with the right password, and at once after that', async () => {
  await anna();
  const many = await Promise.all(
    Array.from({ length: 12 }, async () => await post('/sessions', { user: 'anna', password: 'x' })),
  );
  expect(many.filter(({ status }) => status === 401)).toHaveLength(10);
  const answer = await post('/sessions', { user: 'anna', password });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([429, 'too-many-tries']);
  const seconds = Number(answer.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(800);
  expect(seconds).toBeLessThanOrEqual(900);
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + seconds * 1000);
  expect((await post('/sessions', { user: 'anna', password })).status).toBe(200);
});

test('new passwords have twelve characters, and names are those of one only', async () => {
  const make = async (name: string, given: string) =>
    await api.all.call('makeUser', { body: { name, password: given, grants: NO_GRANTS } });
  await expect(make('anna', 'elf zeichen')).rejects.toThrow('at least 12 characters');
  // Twelve UTF-16 units, six characters.
  await expect(make('anna', '🐎🐎🐎🐎🐎🐎')).rejects.toThrow('at least 12 characters');
  await make('anna', 'Pferdestärke');
  expect(await signIn('anna', 'Pferdesta\u0308rke')).toHaveProperty('token');
  await expect(make('anna', password)).rejects.toMatchObject({ code: 'name-taken' });
  await expect(make('all', password)).rejects.toMatchObject({ code: 'name-taken' });
  await expect(make('local', password)).rejects.toMatchObject({ code: 'name-taken' });
  await expect(api.all.call('makeToken', { body: { name: 'anna', grants: NO_GRANTS } })).rejects.toMatchObject({
    code: 'name-taken',
  });
});

test('a password that is changed ends all sessions; the user needs the old one, who has the right to permissions does not', async () => {
  await anna();
  const [first, second] = [await signIn('anna', password), await signIn('anna', password)];
  const change = async (old: string) =>
    await as(first.token).call('changeOwnPassword', { body: { old, new: 'another long one' } });
  await expect(change('not the old one')).rejects.toMatchObject({ code: 'sign-in-refused' });
  await expect(
    api.all.call('changeOwnPassword', { body: { old: password, new: 'another long one' } }),
  ).rejects.toMatchObject({ code: 'not-a-user' });
  const { token } = await change(password);
  for (const { token: old } of [first, second])
    await expect(as(old).call('whoAmI', {})).rejects.toMatchObject({ code: 'token-wrong' });
  const { socket } = await api.socket('/events/stream', bearer(token));
  const closed = once(socket, 'close');
  await api.all.call('setPassword', { params: { user: 'anna' }, body: { password: 'a third long one' } });
  await closed;
  await expect(as(token).call('whoAmI', {})).rejects.toMatchObject({ code: 'token-wrong' });
  await expect(signIn('anna', 'another long one')).rejects.toMatchObject({ code: 'sign-in-refused' });
  const last = await signIn('anna', 'a third long one');
  await api.all.call('deleteUser', { params: { user: 'anna' } });
  await expect(as(last.token).call('whoAmI', {})).rejects.toMatchObject({ code: 'token-wrong' });
  await expect(api.all.call('deleteUser', { params: { user: 'anna' } })).rejects.toMatchObject({
    code: 'user-missing',
  });
  expect(logged('user-password-set')).toEqual([
    ['anna', 'anna'],
    ['all', 'anna'],
  ]);
  expect(logged('user-deleted')).toEqual([['all', 'anna']]);
});

test('a session ends after twelve hours, and after two without use', async () => {
  await anna();
  vi.useFakeTimers({ toFake: ['Date'] });
  const hours = (count: number) => vi.setSystemTime(Date.now() + count * 3_600_000);
  const idle = await signIn('anna', password);
  hours(1.9);
  await as(idle.token).call('whoAmI', {});
  hours(1.9);
  await as(idle.token).call('whoAmI', {});
  hours(2.1);
  await expect(as(idle.token).call('whoAmI', {})).rejects.toMatchObject({ code: 'token-wrong' });
  const used = await signIn('anna', password);
  for (let hour = 0; hour < 11; hour++) {
    hours(1);
    await as(used.token).call('whoAmI', {});
  }
  hours(1);
  await expect(as(used.token).call('whoAmI', {})).rejects.toMatchObject({ code: 'token-wrong' });
});

test('a code signs in once, within a minute, with the rights of who asked for it and not for longer', async () => {
  const token = await api.token(grants, 'ci');
  const byCode = async (code: string) => await as('none').call('signIn', { body: { code } });
  const { code } = await as(token).call('makeCode', {});
  const session = await byCode(code);
  expect(await as(session.token).call('whoAmI', {})).toEqual({ name: 'ci', kind: 'token', grants });
  await expect(byCode(code)).rejects.toMatchObject({ code: 'sign-in-refused' });
  vi.useFakeTimers({ toFake: ['Date'] });
  const late = await as(token).call('makeCode', {});
  vi.setSystemTime(Date.now() + 61_000);
  await expect(byCode(late.code)).rejects.toMatchObject({ code: 'sign-in-refused' });
  // A session that makes another has no more time by that.
  const next = await byCode((await as(session.token).call('makeCode', {})).code);
  expect(next.expires).toBe(session.expires);
  const { code: held } = await as(token).call('makeCode', {});
  await api.tokens.revoke('ci');
  for (const one of [session, next])
    await expect(as(one.token).call('whoAmI', {})).rejects.toMatchObject({ code: 'token-wrong' });
  await expect(byCode(held)).rejects.toMatchObject({ code: 'sign-in-refused' });
});

test('tokens that are made and revoked at once are all there, or gone', async () => {
  await api.tokens.make('old', NO_GRANTS);
  const names = Array.from({ length: 10 }, (_, i) => `token-${i}`);
  await Promise.all([...names.map(async (name) => await api.tokens.make(name, NO_GRANTS)), api.tokens.revoke('old')]);
  const kept = (await Tokens.open(join(api.host.folder, 'tokens.json'))).list().map(({ name }) => name);
  expect(kept.sort()).toEqual(['all', ...names]);
});

test('a machine is given no name under which who names it may do more', async () => {
  await api.all.call('createMachine', { body: { name: 'web', spec: {} } });
  const token = await api.token({ host: [], machines: { web: ['write'], play: ['write', 'delete'] } });
  const [params, body] = [{ name: 'web' }, { to: 'play' }];
  await expect(as(token).call('renameMachine', { params, body })).rejects.toMatchObject({ code: 'right-missing' });
  await expect(as(token).call('cloneMachine', { params, body })).rejects.toMatchObject({ code: 'right-missing' });
  await as(token).call('renameMachine', { params, body: { to: 'other' } });
  expect(api.host.list().map(({ name }) => name)).toEqual(['other']);
});
