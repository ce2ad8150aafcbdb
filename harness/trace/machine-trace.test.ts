import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Frame } from '../../sdk/screen/frame.js';
import { textFrame } from '../../sdk/screen/text-fixture.js';
import type { TraceEvent } from './events.js';
import { MachineTrace, type EndedStep } from './machine-trace.js';
import { zipFiles } from './zip-files.test.helper.js';
import { currentStep, tracingOf } from './playwright-internals.js';

const STEP = { id: 'step@1', title: 'Type "ls"', subtitle: 'at 1.00 s', stack: [] };
const ended = (more: Partial<EndedStep>): EndedStep => ({
  callId: STEP.id,
  frame: null,
  pointer: null,
  found: null,
  log: [],
  error: null,
  ...more,
});

/** What is in the trace: its events, and its other files by name. */
async function written(trace: MachineTrace): Promise<{ events: TraceEvent[]; files: Map<string, string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  await trace.write(join(folder, 'trace.zip'));
  const files = new Map<string, string>();
  for (const [name, bytes] of await zipFiles(join(folder, 'trace.zip'))) files.set(name, bytes.toString());
  const lines = (files.get('trace.trace') ?? '').split('\n');
  return { events: lines.map((line) => JSON.parse(line) as TraceEvent), files };
}

/** A text screen on which a character can be seen. */
function screen(...lines: string[]): Frame {
  const glyphs = new Uint8Array(256 * 32).fill(0xff, 33 * 32);
  return textFrame(lines, { font: { width: 9, height: 16, glyphs, lineGraphics: true } });
}

const options = { name: 'linux', title: 'boots', screenshots: true, snapshots: true, live: null };

test('a step has the screen before it and after it, its text with places, and where the pointer was', async () => {
  const trace = new MachineTrace(options);
  trace.looked(screen('before'));
  trace.begin({ step: STEP, action: 'keyboard.type', params: {} });
  const region = { x: 9, y: 16, width: 18, height: 16 };
  trace.end(ended({ frame: screen('', '  after <b>'), pointer: { x: 0.5, y: 0.25 }, found: region }));
  const { events, files } = await written(trace);
  const shown = events.filter(({ type }) => type === 'screenshot') as Extract<TraceEvent, { type: 'screenshot' }>[];
  expect(shown.map(({ phase }) => phase)).toEqual(['before', 'action', 'after']);
  expect(shown[0]?.file).not.toBe(shown[2]?.file);
  for (const { file } of shown) expect([...files.keys()]).toContain(file);
  const { width, height } = screen();
  expect(events.find(({ type }) => type === 'input')).toEqual({
    type: 'input',
    callId: STEP.id,
    point: { x: width / 2, y: height / 4 },
    box: region,
  });
  const texts = events.filter(({ type }) => type === 'aria-snapshot') as Extract<
    TraceEvent,
    { type: 'aria-snapshot' }
  >[];
  const lines: unknown = JSON.parse(files.get(texts.at(-1)?.file ?? '') ?? '');
  expect(lines).toEqual([
    { role: 'line', text: 'after <b>', box: expect.objectContaining({ x: 2 * (width / 80) }) as unknown },
  ]);
});

test('the same screen is one file, however often it is shown', async () => {
  const trace = new MachineTrace(options);
  for (let i = 0; i < 5; i++) {
    trace.begin({ step: { ...STEP, id: `step@${i}` }, action: 'screen.text', params: {} });
    trace.end(ended({ callId: `step@${i}`, frame: screen('the same') }));
  }
  const { files } = await written(trace);
  expect([...files.keys()].filter((name) => name.endsWith('.png'))).toHaveLength(1);
});

test('of what a port says whole lines are shown, without what a terminal would do with them', async () => {
  const trace = new MachineTrace(options);
  trace.said('serial0', `\u001b[31mred\u001b[0m\u0007\r\n\r\n<script>\n${'x'.repeat(1_000_000)}`);
  const { events } = await written(trace);
  const said = events.filter(({ type }) => type === 'console') as Extract<TraceEvent, { type: 'console' }>[];
  expect(said.map(({ text: line }) => line.slice(0, 10))).toEqual(['red', '<script>', 'x'.repeat(10)]);
  expect(said[2]?.text).toMatch(/^x{2000}… \(1000000 characters\)$/);
});

test('what the project does not want is left out', async () => {
  const trace = new MachineTrace({ ...options, screenshots: false, snapshots: false });
  trace.looked(screen('seen'));
  trace.begin({ step: STEP, action: 'keyboard.type', params: {} });
  trace.end(ended({ frame: screen('seen') }));
  const { events } = await written(trace);
  expect(events.map(({ type }) => type)).toEqual(['context-options', 'before', 'after']);
});

test('a Playwright that is another one costs the trace alone', () => {
  const none = Object.create(null) as Parameters<typeof tracingOf>[0];
  expect(tracingOf(none)).toMatchObject({ kind: 'unknown' });
  expect(currentStep(none)).toBeNull();
  const tracing = {
    traceOptions: () => ({ screenshots: true }),
    maybeGenerateNextTraceRecordingPath: () => undefined,
    tracesDir: () => 'traces',
    _contextCreatedEvent: { version: 11 },
  };
  const newer = Object.assign(Object.create(null) as typeof none, { _tracing: tracing });
  expect(tracingOf(newer)).toEqual({ kind: 'unknown', what: 'its traces are of version 11' });
  Object.assign(tracing, { _contextCreatedEvent: { version: 10 } });
  const found = tracingOf(newer);
  expect(found.kind === 'on' && found.tracing.newRecordingPath()).toBeNull();
  Object.assign(tracing, { traceOptions: () => undefined });
  expect(tracingOf(newer)).toEqual({ kind: 'off' });
});
