/** What was seen, in words: for the `seen` of failures. */
import type { Frame } from '../screen/frame.js';
import { wordScreen, type WordScreenOptions } from '../screen/word-screen.js';

/** A frame in words with its guest time. */
export function seenAt(frame: Frame, options: WordScreenOptions = {}): string {
  return `${wordScreen(frame.content, options)}\nguest time ${frame.time} ms`;
}
