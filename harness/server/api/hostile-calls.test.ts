/** Calls that no client of ours makes: whatever is sent, the answer says what is wrong, and the host goes on. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { Chance } from '../../../sdk/disks/vhd/vhd.test.helper.js';
import { openTestApi, bearer, type TestApi } from './api.test.helper.js';
import { CONTRACTS, type CallName } from './contract.js';
import { EXAMPLES, PARAMS } from './examples.test.helper.js';
import { ALL_GRANTS } from './rights.js';

const SEED = 20_261_127;
const CASES_OF_A_CALL = 8;
/** Each of them hashes a password where all else is right. */
const SLOW: readonly CallName[] = ['signIn', 'makeUser', 'setPassword'];

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
  await api.all.call('createMachine', { body: { name: 'first', spec: { memory: 8 } } });
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** As JSON text: some of it no value of JavaScript becomes. */
const VALUES: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1e400',
  '""',
  JSON.stringify('x'.repeat(100_000)),
  '"__proto__"',
  '"constructor"',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"../../etc/passwd"',
  '"-rf"',
  '[]',
  '{}',
  '{"a": {"toString": 1}}',
  '{"__proto__": {"polluted": true}}',
  '{"constructor": {"prototype": {"polluted": true}}}',
  '[null, [], {}]',
  deep(200),
  deep(50_000),
  `{"memory": ${deep(50_000)}}`,
  `{"a": ${'{"a": '.repeat(10_000)}1${'}'.repeat(10_000)}}`,
  '{"disks": [{"path": "\\u0000"}]}',
  '{"floppy": "\\ud800", "memory": "8"}',
];

const IN_PATHS = [
  '__proto__',
  'constructor',
  '%00',
  '..%2f..',
  'x'.repeat(5000),
  '%ff',
  '-',
  ' ',
  'first',
  '%F0%9F%90%8E',
];

/** The example with one field as it should not be, or something else altogether. */
function bodyOf(call: CallName, chance: Chance): string | undefined {
  const example = EXAMPLES[call];
  const value = chance.pick(VALUES);
  if (example === undefined) return chance.below(2) === 0 ? undefined : value;
  const fields = Object.entries(example).map(([key, given]) => [JSON.stringify(key), JSON.stringify(given)] as const);
  switch (chance.below(4)) {
    case 0:
      return value;
    case 1:
      return chance.pick(['', '{', 'null}', '{"name": "first"', '\u{1F40E}']);
    case 2: {
      const key = chance.pick(['"unknown"', '"__proto__"', '"constructor"', '"toString"']);
      return objectOf([...fields, [key, value]]);
    }
    default: {
      const wrong = chance.below(fields.length);
      return objectOf(fields.map(([key, given], i) => [key, i === wrong ? value : given]));
    }
  }
}

const objectOf = (fields: readonly (readonly [string, string])[]): string =>
  `{${fields.map(([key, value]) => `${key}: ${value}`).join(', ')}}`;

interface Sent {
  call: CallName;
  path: string;
  body: string | undefined;
}

/** Every field of every call as it should not be, in every way. */
function* everyField(): Generator<Sent> {
  for (const call of Object.keys(EXAMPLES) as CallName[]) {
    const example = Object.entries(EXAMPLES[call] ?? {});
    const values = SLOW.includes(call) ? VALUES.slice(0, 6) : VALUES;
    for (const [wrong] of example) {
      for (const value of values) {
        const fields = example.map(
          ([key, given]) => [`"${key}"`, key === wrong ? value : JSON.stringify(given)] as const,
        );
        yield { call, path: pathOf(call, (key) => PARAMS[key] ?? ''), body: objectOf(fields) };
      }
    }
  }
}

function* chances(): Generator<Sent> {
  const chance = new Chance(SEED);
  for (const call of Object.keys(CONTRACTS) as CallName[]) {
    for (let i = 0; i < (SLOW.includes(call) ? 2 : CASES_OF_A_CALL); i++) {
      const path = pathOf(call, (key) => (chance.below(3) === 0 ? chance.pick(IN_PATHS) : (PARAMS[key] ?? '')));
      const query = `?${chance.pick(['wait', 'limit', 'after', 'machine', '__proto__'])}=${chance.pick(IN_PATHS)}`;
      const body = CONTRACTS[call].method === 'GET' ? undefined : bodyOf(call, chance);
      yield { call, path: chance.below(3) === 0 ? path + query : path, body };
    }
  }
}

function pathOf(call: CallName, value: (key: string) => string): string {
  return CONTRACTS[call].path.replace(/:(\w+)/g, (_, key: string) => value(key));
}

/** @returns its status, and what was wrong with the answer */
async function send({ call, path, body }: Sent, token: string): Promise<{ status: number; wrong: string | null }> {
  const answer = await fetch(`${api.server.url}/api/v1${path}`, {
    method: CONTRACTS[call].method,
    headers: { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const { status } = answer;
  const isRight = answer.ok || (status < 500 && failure.safeParse(JSON.parse(text)).success);
  const what = `${call} ${path.slice(0, 80)} ${body?.slice(0, 200) ?? ''}: ${status} ${text.slice(0, 300)}`;
  return { status, wrong: isRight ? null : what };
}

const failure = z.strictObject({ kind: z.enum(['usage', 'infrastructure']), code: z.string(), message: z.string() });

test.each([
  ['every field in every way', everyField, 300],
  ['what chance makes', chances, 100],
] as const)('nothing breaks, whatever is sent: %s', async (_, all, fewest) => {
  const token = await api.token(ALL_GRANTS);
  const statuses = new Map<number, number>();
  const broken: string[] = [];
  for (const sent of all()) {
    const { status, wrong } = await send(sent, token);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (wrong !== null) broken.push(wrong);
  }
  expect(broken).toEqual([]);
  expect(statuses.get(400)).toBeGreaterThan(fewest);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  const answer = await fetch(`${api.server.url}/api/v1/me`, { headers: bearer(await api.token(ALL_GRANTS)) });
  expect(answer.status).toBe(200);
});
