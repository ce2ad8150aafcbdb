import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { typewriter } from '../engines/conformance/boot-sector.js';
import { GuestwrightError } from '../errors.js';
import { launch } from './launch.js';
import type { RecordedEvent } from './recording.js';

async function typewriterFloppy(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'guestwright-test-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  const floppy = path.join(folder, 'typewriter.img');
  await writeFile(floppy, typewriter());
  return floppy;
}

test.each(['stepped', 'paced'] as const)('what a %s machine did is done again to the same machine', async (clock) => {
  const spec = { floppy: await typewriterFloppy(), memory: 8, clock };
  const events: RecordedEvent[] = [];
  const first = await launch(spec, { record: (event) => events.push(event) });
  onTestFinished(async () => await first.dispose());
  await first.screen.getByText('>').waitFor();
  await first.keyboard.type('abc');
  await first.snapshot();
  await first.keyboard.type('def');
  await first.screen.getByText('abcdef').waitFor();
  await first.pause();
  const [until, hash, text] = [first.clock.now, await first.stateHash(), await first.screen.text()];
  await first.dispose();

  // One that is paced goes on by itself: only one that stands can be compared.
  const second = await launch({ ...spec, clock: 'stepped' }, { again: { events, until } });
  onTestFinished(async () => await second.dispose());
  expect(second.clock.now).toBe(until);
  expect((await second.stateHash()).hash).toBe(hash.hash);
  const third = await launch(spec, { again: { events, until } });
  onTestFinished(async () => await third.dispose());
  expect(third.clock.now).toBeGreaterThanOrEqual(until);
  expect(await third.screen.text()).toBe(text);
  await third.keyboard.type('ghi');
  await third.screen.getByText('abcdefghi').waitFor();
});

test('an engine on which nothing can be done again says so, and nothing is left running', async () => {
  const spec = { engine: 'qemu' as const, floppy: await typewriterFloppy(), memory: 8 };
  const error: unknown = await launch(spec, { again: { events: [], until: 0 } }).catch((reason: unknown) => reason);
  if (error instanceof GuestwrightError && error.code === 'engine-missing') return;
  expect(error).toMatchObject({ kind: 'usage', code: 'again-unsupported' });
});
