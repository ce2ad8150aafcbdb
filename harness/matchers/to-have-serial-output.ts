import type { ExpectMatcherState, MatcherReturnType } from '@playwright/test';
import type { Machine } from '../../sdk/machine/types.js';
import { shownText } from '../../sdk/serial/shown.js';
import { withoutSteps } from '../fixtures/steps.js';
import { brokenOff, fulfilled, unfulfilled, wordPattern, wordWaited, type MatcherCall } from './result.js';
import { matcherTimeout, subjectOf } from './subject.js';
import { waitFor } from './wait.js';

export interface ToHaveSerialOutputOptions {
  timeout?: number;
  /** Default: 0, the first. */
  port?: number;
}

/** Lines of output that a failure shows. */
const SHOWN_LINES = 30;

/**
 * Passes as soon as the serial port's output so far holds the text or matches the expression. Escape sequences and
 * carriage returns are left out; `^` and `$` are a line's ends with the flag `m`. Unlike `serial.waitFor` it looks at the
 * whole output and consumes nothing.
 */
export async function toHaveSerialOutput(
  this: ExpectMatcherState,
  received: Machine,
  pattern: string | RegExp,
  options: ToHaveSerialOutputOptions = {},
): Promise<MatcherReturnType> {
  const { machine } = subjectOf(received, 'toHaveSerialOutput', 'machine');
  const timeout = matcherTimeout(machine, options.timeout, this.timeout);
  const port = machine.serialPort(options.port ?? 0);
  const { outcome, waited } = await waitFor(machine, {
    what: `serial output ${wordPattern(pattern)}`,
    on: ['serial'],
    timeout,
    check: async () => (matches((await port.lines()).join('\n'), pattern) === this.isNot ? undefined : true),
  });
  const expected = wordPattern(pattern);
  const call: MatcherCall = {
    state: this,
    name: 'toHaveSerialOutput',
    subject: 'machine',
    machine,
    expected,
    timeout,
    waited,
  };
  switch (outcome.kind) {
    case 'met':
      return fulfilled(call);
    case 'failed':
      return brokenOff(call, outcome);
    case 'timeout':
      return ranOut(call, port.index, await withoutSteps(() => port.lines()));
  }
}

function ranOut(call: MatcherCall, port: number, lines: readonly string[]): MatcherReturnType {
  const { machine, expected, state } = call;
  const shown = lines.slice(-SHOWN_LINES).map(shownText);
  const omitted = lines.length - shown.length;
  const output =
    lines.join('').trim() === ''
      ? `Serial port ${port} has sent nothing.`
      : [`Output of serial port ${port}${omitted > 0 ? ` (${omitted} lines before)` : ''}:`, ...shown].join('\n');
  return unfulfilled(
    call,
    `${machine.name} ${state.isNot ? 'sent' : 'did not send'} ${expected} on serial port ${port}`,
    {
      kind: 'assertion',
      code: state.isNot ? 'serial-output-present' : 'serial-output-missing',
      expected: `${state.isNot ? 'no ' : ''}${expected} ${wordWaited(call)}`,
      seen: state.isNot ? 'it is in the output below' : 'it is not in the output below',
      ...(lines.join('').trim() === '' && !state.isNot
        ? { next: 'a Linux guest sends its console there with console=ttyS0 on its command line' }
        : {}),
    },
    output,
    shown.join('\n'),
  );
}

function matches(text: string, pattern: string | RegExp): boolean {
  return typeof pattern === 'string'
    ? text.includes(pattern)
    : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(text);
}
