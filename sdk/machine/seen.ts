/** What was seen, in words: for the `seen` of failures. */
import type { Frame } from '../screen/frame.js';
import { wordScreen } from '../screen/text.js';

/** A frame in words with its guest time. */
export function seenAt(frame: Frame): string {
  return `${wordScreen(frame.content)}\nguest time ${frame.time} ms`;
}
