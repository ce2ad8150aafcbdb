import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { TraceEvent } from './events.js';
import { LiveTrace } from './live-trace.js';

const EVENT: TraceEvent = { type: 'log', callId: 'step@1', time: 1, message: 'said' };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'guestwright-live-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('an event is written after the files that it names, whole lines in their order', async () => {
  const folder = join(temporaryFolder(), 'traces');
  const trace = new LiveTrace(folder, 'id-linux');
  let encoded: (bytes: Uint8Array) => void = () => undefined;
  trace.keep('screenshots/a.png', new Promise((resolve) => (encoded = resolve)));
  trace.add(EVENT);
  trace.add({ ...EVENT, message: 'again' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(readdirSync(join(folder, '..'), { recursive: true })).not.toContain(join('traces', 'id-linux.trace'));
  encoded(Buffer.from('picture'));
  await trace.settled();
  expect(readFileSync(join(folder, 'screenshots', 'a.png'), 'utf8')).toBe('picture');
  expect(readdirSync(join(folder, 'screenshots'))).toEqual(['a.png']);
  const lines = readFileSync(join(folder, 'id-linux.trace'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['said', 'again']);
});

test('a folder that cannot be written to ends the live trace, and nothing else', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const trace = new LiveTrace(join(file, 'traces'), 'id-linux');
  trace.add(EVENT);
  trace.keep('screenshots/a.png', Promise.reject(new Error('not encoded')));
  await expect(trace.settled()).resolves.toBeUndefined();
});
