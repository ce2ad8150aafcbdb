/** A recording of a real guest, without its page. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launch } from '../../sdk/machine/launch.js';
import type { Machine } from '../../sdk/machine/types.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { echoingGuest, poweringOffGuest, tickingGuest } from '../e2e/tiny-guests.js';
import type { FromPage } from '../live/protocol.js';
import { Recorder } from './recorder.js';
import { ScenarioFile } from './scenario-file.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-recorder-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Recording extends AsyncDisposable {
  machine: Machine;
  recorder: Recorder;
  /** Lines of the test. */
  lines(): string[];
  type(text: string, secret?: boolean): Promise<void>;
}

async function startRecording(guest: Uint8Array): Promise<Recording> {
  const floppy = join(folder, 'guest.img');
  writeFileSync(floppy, guest);
  const scenario = join(folder, 'scenarios', 'tiny.spec.ts');
  const file = await ScenarioFile.open({
    root: folder,
    file: scenario,
    force: false,
    title: 'tiny',
    guest: 'tiny',
    goldenGuest: 'tiny',
    machineSpec: null,
  });
  let looked: (frame: Frame) => void = () => undefined;
  const machine = await launch({ memory: 8, floppy }, { onFrame: (frame) => looked(frame) });
  const recorder = new Recorder({ machine, file, onChange: () => undefined });
  looked = (frame) => recorder.looked(frame);
  const key = (one: string, secret: boolean): FromPage => ({
    kind: 'key',
    key: one,
    ctrlKey: false,
    altKey: false,
    metaKey: false,
    shiftKey: false,
    secret,
  });
  return {
    machine,
    recorder,
    lines: () => (existsSync(scenario) ? readFileSync(scenario, 'utf8').split('\n').slice(5, -2) : []),
    async type(text, secret = false) {
      for (const one of text) await recorder.hear(key(one === '\n' ? 'Enter' : one, secret));
    },
    [Symbol.asyncDispose]: async () => await machine[Symbol.asyncDispose](),
  };
}

/** Lets guest time go by as a page does, which looks now and then. */
async function pass({ machine }: Recording, ms: number): Promise<void> {
  for (let i = 0; i < ms / 100; i++) {
    await machine.clock.advance(100);
    await machine.screen.frame();
  }
}

test('what is typed is one line, after the text that had appeared; undo takes the machine back with it', async () => {
  await using recording = await startRecording(echoingGuest());
  const { recorder, machine } = recording;
  expect(recording.lines()).toEqual([]);
  await machine.screen.getByText('READY').waitFor();
  await pass(recording, 1_000);
  await recording.type('abc');
  await pass(recording, 500);
  expect(recording.lines()).toEqual([
    "  await expect(machine).toShowText('READY');",
    "  await machine.keyboard.type('abc');",
  ]);
  await recorder.hear({ kind: 'expectText', text: 'abc' });
  await recording.type('de');
  expect(recording.lines().slice(2)).toEqual([
    "  await expect(machine).toShowText('abc');",
    "  await machine.keyboard.type('de');",
  ]);
  await machine.screen.getByText('abcde').waitFor();
  await recorder.hear({ kind: 'undo', id: recorder.acts.at(-1)?.id ?? 0 });
  expect(await machine.screen.text()).toMatch(/abc$/m);
  // The wait for what was taken back stands, once.
  await recording.type('fg');
  expect(recording.lines().slice(2)).toEqual([
    "  await expect(machine).toShowText('abc');",
    "  await machine.keyboard.type('fg');",
  ]);
  await recorder.hear({ kind: 'undo', id: recorder.acts.at(-1)?.id ?? 0 });
  // What only looks can be taken out alone, what was done cannot.
  await recorder.hear({ kind: 'remove', id: recorder.acts.at(-1)?.id ?? 0 });
  await recorder.hear({ kind: 'remove', id: recorder.acts.at(-1)?.id ?? 0 });
  expect(recording.lines()).toHaveLength(2);
});

test('a secret is typed, and is in no file', async () => {
  await using recording = await startRecording(echoingGuest());
  await recording.machine.screen.getByText('READY').waitFor();
  await recording.type('x');
  await recording.type('hunter2', true);
  expect(await recording.machine.screen.text()).toContain('xhunter2');
  expect(recording.lines().at(-1)).toContain('process.env.GUEST_SECRET');
  await pass(recording, 500);
  await recording.type('y');
  expect(await recording.recorder.hear({ kind: 'expectText', text: 'xhunter2' })).toContain('holds a secret');
  expect(recording.lines().join('\n')).not.toContain('hunter');
});

test('a golden is written with what keeps changing masked, and goes with its line', async () => {
  await using recording = await startRecording(tickingGuest());
  const { recorder, machine } = recording;
  await machine.screen.getByText('...').waitFor();
  await pass(recording, 300);
  const words = await recorder.hear({ kind: 'golden', name: 'dots', clip: { x: 0, y: 0, width: 720, height: 30 } });
  expect(words).toContain('The golden "dots" has been written');
  expect(recording.lines().at(-1)).toContain("toMatchGolden('dots', { clip: { x: 0, y: 0, width: 720, height: 32 }");
  const goldens = join(folder, 'golden-screens', 'tiny', 'tiny');
  expect(readdirSync(goldens).sort()).toEqual(['dots.png', 'dots.txt']);
  // Another of that name gets another one.
  await recorder.hear({ kind: 'golden', name: 'dots', clip: null });
  expect(recorder.acts.at(-1)?.act).toMatchObject({ name: 'dots-2' });
  await recorder.hear({ kind: 'undo', id: recorder.acts[0]?.id ?? 0 });
  expect(readdirSync(goldens)).toEqual([]);
});

test('a guest that powers itself off is expected to, once', async () => {
  await using recording = await startRecording(poweringOffGuest({ atKey: true }));
  const { recorder, machine } = recording;
  await machine.screen.getByText('BYE').waitFor();
  await recording.type('x');
  await machine.waitForPowerOff();
  await recorder.poweredOff();
  await recorder.poweredOff();
  expect(recording.lines().slice(1)).toEqual([
    "  await machine.keyboard.type('x');",
    '  await expect(machine).toBePoweredOff();',
  ]);
});
