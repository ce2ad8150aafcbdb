/**
 * What a guest has printed, as terminals, reports and pages may show it: text that none of them takes for more, in lines that
 * they can bear. Web-standard APIs only: pages show it, too.
 */
import { terminalText } from './ansi.js';

/** Characters of a line; a guest may print a megabyte without a newline. */
const LONGEST_LINE = 2_000;
const COLOURS = /(\u001b\[[\d;]*m)/;
/**
 * Backspaces, halves of surrogate pairs and what is no character (neither may be in XML), and what turns the direction of all
 * text after it.
 */
const NO_TEXT = /[\b\p{Cs}\p{Noncharacter_Code_Point}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** What GitHub and Azure carry out when a line of a log begins with it. */
const WORKFLOW_COMMAND = /^((?:[^\S\n]|\u001b\[[\d;]*m)*)(?=::[\w-]|##(?:\[|vso\[))/gm;

/** Without escape sequences and control characters; long lines are cut, with a note of how long they are. */
export function shownText(output: string): string {
  return withoutCommands(bearable(output));
}

/** The same of a message that has colours of its own: they stay. */
export function shownMessage(message: string): string {
  const parts = message.split(COLOURS);
  return withoutCommands(parts.map((part, i) => (i % 2 === 1 ? part : bearable(part))).join(''));
}

function bearable(output: string): string {
  return terminalText(output)
    .split('\n')
    .map((line) => cutLine(line).replaceAll(NO_TEXT, '\ufffd'))
    .join('\n');
}

function cutLine(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  return `${line.slice(0, LONGEST_LINE)}… (${line.length} characters)`;
}

function withoutCommands(text: string): string {
  return text.replaceAll(WORKFLOW_COMMAND, '$1\\');
}
