/** What a guest may say that no script of ours says: it is not to be believed. */
import { expect, test } from 'vitest';
import type { ShellLine } from '../serial/shell.js';
import { SerialFileChannel } from './serial-channel.js';

/** A channel to a guest that says these lines, the last of them for ever. */
function guestThatSays(...lines: string[]) {
  const sent: string[] = [];
  const line: ShellLine = {
    send: async (text) => void sent.push(text),
    stream: async (bytes) => void sent.push(`${bytes.length} bytes`),
    matching: async (pattern) => {
      const [first = ''] = lines.length > 1 ? lines.splice(0, 1) : lines;
      const match = pattern.exec(first);
      if (match === null) throw new Error(`${first} is passed over`);
      return match;
    },
    upTo: async () => new Uint8Array(),
  };
  const shell = {
    converse: async <T>(_name: string, _script: string, talk: (line: ShellLine) => Promise<T>) => ({
      result: await talk(line),
      exitCode: 0,
    }),
  };
  return { sent, channel: new SerialFileChannel(shell, 1000) };
}

const get = { path: '/x', onProgress: () => undefined };
const put = { path: '/x', bytes: new Uint8Array(20_000), mode: null, onProgress: () => undefined };

test.each([
  ['GW-size 99999999999999', { kind: 'large', size: 99999999999999 }],
  ['GW-size -1', { kind: 'differs' }],
  ['GW-size 1e3', { kind: 'differs' }],
  ['GW-size', { kind: 'differs' }],
  ['GW-nonsense', { kind: 'differs' }],
  ['GW-unreadable cat: \u001b[2Jno', { kind: 'unreadable' }],
])('reading a file from a guest that says %j', async (line, outcome) => {
  const { channel, sent } = guestThatSays(line);
  expect(await channel.get(get)).toMatchObject(outcome);
  // Nothing is asked for any more; where the script waits for orders, it is told to end.
  expect(sent.filter((text) => text !== 'quit\n')).toEqual([]);
});

test.each(['GW-go 0', 'GW-go 20001', 'GW-go -5', 'GW-go 1.5', 'GW-go x', 'GW-nonsense'])(
  'writing a file into a guest that says %j',
  async (line) => {
    const { channel, sent } = guestThatSays(line);
    expect(await channel.put(put)).toMatchObject({ kind: 'differs' });
    expect(sent).toEqual([]);
  },
);

test('a guest that asks for the same piece again and again does not get it for ever', async () => {
  const { channel, sent } = guestThatSays('GW-go 20000');
  expect(await channel.put(put)).toMatchObject({ kind: 'differs' });
  expect(sent).toEqual(Array.from({ length: 8 }, () => '16384 bytes'));
});
