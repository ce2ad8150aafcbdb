/** The lines of a Playwright trace, version 10, as far as a machine has something to say in them. Times are wall ms of one clock. */
import type { Region } from '../../sdk/screen/content.js';

export type Phase = 'before' | 'action' | 'after';

export type TraceEvent =
  | {
      type: 'context-options';
      version: number;
      /** A trace of the library is merged into the runner's, step by step. */
      origin: 'library';
      browserName: string;
      platform: string;
      /** Ms since the epoch, and the same instant on the clock of all other times. */
      wallTime: number;
      monotonicTime: number;
      title: string;
      sdkLanguage: 'javascript';
      options: { viewport: { width: number; height: number } };
    }
  /** A picture of the film strip. */
  | { type: 'screencast-frame'; pageId: string; file: string; width: number; height: number; timestamp: number }
  | {
      type: 'before';
      callId: string;
      startTime: number;
      title: string;
      subtitle?: string;
      stack: unknown;
      class: string;
      method: string;
      params: Record<string, unknown>;
      pageId: string;
    }
  /** Where the pointer was, and what was found, pixels of the screen. */
  | { type: 'input'; callId: string; point?: { x: number; y: number }; box?: Region }
  | { type: 'log'; callId: string; time: number; message: string }
  | { type: 'after'; callId: string; endTime: number; error?: { name: string; message: string } }
  /** The pictures of a step. */
  | { type: 'screenshot'; callId: string; phase: Phase; pageId: string; timestamp: number; file: string }
  /** The text of a screen with its places. */
  | { type: 'aria-snapshot'; callId: string; phase: Phase; pageId: string; timestamp: number; file: string }
  | {
      type: 'console';
      messageType: 'log' | 'error';
      text: string;
      time: number;
      pageId: string;
      location: { url: string; lineNumber: number; columnNumber: number };
    };

/** One line of the text panel. The viewer marks its place when the line is pointed at. */
export interface TextLine {
  role: 'line';
  text: string;
  /** Pixels. */
  box: Region;
}
