/** What one machine puts into the trace of its test: what its screen showed, its steps with their pictures, what its port said. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Region } from '../../sdk/screen/content.js';
import { shownMessage, shownText } from '../../sdk/serial/shown.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { TRACE_VERSION, type RunnerStep } from './playwright-internals.js';
import type { Phase, TextLine, TraceEvent } from './events.js';
import type { LiveTrace } from './live-trace.js';
import { TracePictures } from './pictures.js';

export interface TraceOptions {
  /** Of the machine. */
  name: string;
  /** Of the test. */
  title: string;
  /** Whether there is a film strip. */
  screenshots: boolean;
  /** Whether there are the pictures and texts of the steps. */
  snapshots: boolean;
  /** Where it is written while the test runs; null: nobody watches. */
  live: LiveTrace | null;
}

export interface BegunStep {
  /** The runner's, that it is. */
  step: RunnerStep;
  /** `keyboard.type`. */
  action: string;
  params: Record<string, unknown>;
}

export interface EndedStep {
  callId: string;
  /** What the screen showed then; null: it was not looked at. */
  frame: Frame | null;
  /** Of the screen, 0 to 1: where the pointer was put. */
  pointer: { x: number; y: number } | null;
  /** Where what was looked for was found. */
  found: Region | null;
  /** Lines of the step's log. */
  log: readonly string[];
  error: Error | null;
}

export class MachineTrace {
  readonly #events: TraceEvent[] = [];
  readonly #texts = new Map<string, string>();
  readonly #pictures = new TracePictures();
  readonly #options: TraceOptions;
  /** Files of the screen that was seen last. */
  #last: { picture: string; text: string | null } | null = null;
  #size = { width: 0, height: 0 };

  constructor(options: TraceOptions) {
    this.#options = options;
    const begun = { wallTime: Date.now(), monotonicTime: performance.now() };
    this.#add({
      type: 'context-options',
      version: TRACE_VERSION,
      origin: 'library',
      browserName: '',
      platform: process.platform,
      ...begun,
      title: options.title,
      sdkLanguage: 'javascript',
      options: { viewport: { width: 720, height: 400 } },
    });
  }

  #add(event: TraceEvent): void {
    this.#events.push(event);
    this.#options.live?.add(event);
  }

  get #pageId(): string {
    return this.#options.name;
  }

  /** Of every look that the scenario takes: they are the film strip. */
  looked(frame: Frame): void {
    const now = performance.now();
    if (!this.#options.screenshots || !this.#pictures.wants(now)) return;
    const { picture } = this.#keep(frame);
    this.#strip(picture, now);
  }

  #strip(picture: string, timestamp: number): void {
    const { width, height } = this.#size;
    this.#add({ type: 'screencast-frame', pageId: this.#pageId, file: picture, width, height, timestamp });
  }

  #keep(frame: Frame): { picture: string; text: string | null } {
    const { width, height } = frame;
    this.#size = { width, height };
    const lines = linesOf(frame);
    const picture = this.#pictures.add(frame);
    this.#options.live?.keep(picture, this.#pictures.file(picture));
    this.#last = { picture, text: lines === null ? null : this.#keepText(lines) };
    return this.#last;
  }

  #keepText(lines: readonly TextLine[]): string {
    const json = JSON.stringify(lines);
    const name = `aria/${createHash('sha1').update(json).digest('hex')}.json`;
    this.#texts.set(name, json);
    this.#options.live?.keep(name, Promise.resolve(json));
    return name;
  }

  begin({ step: { id: callId, title, subtitle, stack }, action, params }: BegunStep): void {
    this.#add({
      type: 'before',
      callId,
      startTime: performance.now(),
      title,
      ...(subtitle === null ? {} : { subtitle }),
      stack,
      class: 'Machine',
      method: action,
      params,
      pageId: this.#pageId,
    });
    this.#show(callId, 'before');
  }

  end({ callId, frame, pointer, found, log, error }: EndedStep): void {
    const endTime = performance.now();
    if (frame !== null) {
      const { picture } = this.#keep(frame);
      if (this.#options.screenshots) this.#strip(picture, endTime);
    }
    const { width, height } = this.#size;
    if (pointer !== null || found !== null) {
      this.#show(callId, 'action');
      this.#add({
        type: 'input',
        callId,
        ...(pointer === null ? {} : { point: { x: pointer.x * width, y: pointer.y * height } }),
        ...(found === null ? {} : { box: found }),
      });
    }
    for (const message of log) this.#add({ type: 'log', callId, time: endTime, message });
    this.#show(callId, 'after');
    const failed = error === null ? {} : { error: { name: error.name, message: shownMessage(error.message) } };
    this.#add({ type: 'after', callId, endTime, ...failed });
  }

  /** What was seen last. */
  #show(callId: string, phase: Phase): void {
    if (this.#last === null || !this.#options.snapshots) return;
    const { picture, text } = this.#last;
    const at = { callId, phase, pageId: this.#pageId, timestamp: performance.now() };
    this.#add({ type: 'screenshot', ...at, file: picture });
    if (text !== null) this.#add({ type: 'aria-snapshot', ...at, file: text });
  }

  /** Whole lines that came over a port; those that are blank would bury the others. */
  said(port: string, output: string): void {
    const location = { url: port, lineNumber: 0, columnNumber: 0 };
    const time = performance.now();
    for (const text of shownText(output).split('\n')) {
      if (text.trim() === '') continue;
      this.#add({ type: 'console', messageType: 'log', text, time, pageId: this.#pageId, location });
    }
  }

  /** @param path of the zip file, which is not there yet */
  async write(path: string): Promise<void> {
    const zip = new ZipFile();
    const lines = this.#events.map((event) => JSON.stringify(event)).join('\n');
    // Its name is what the runner looks for when it merges traces.
    zip.addBuffer(Buffer.from(lines), 'trace.trace');
    for (const [name, json] of this.#texts) zip.addBuffer(Buffer.from(json), name);
    for (const [name, bytes] of await this.#pictures.files()) {
      // A PNG file is compressed already.
      zip.addBuffer(Buffer.from(bytes), name, { compress: false });
    }
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(path));
  }
}

/** Null: it is no text screen. */
function linesOf({ grid }: Frame): TextLine[] | null {
  if (grid === null) return null;
  const { cellWidth, cellHeight } = grid;
  return grid.lines.flatMap((line, row): TextLine[] => {
    const text = line.trimEnd();
    if (text === '') return [];
    const from = text.length - text.trimStart().length;
    const box = {
      x: from * cellWidth,
      y: row * cellHeight,
      width: (text.length - from) * cellWidth,
      height: cellHeight,
    };
    return [{ role: 'line', text: text.trimStart(), box }];
  });
}
