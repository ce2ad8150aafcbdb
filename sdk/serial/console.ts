/** A port as a scenario sees it, a serial one as a rule: text, lines, waiting for a pattern, writing. */
import type { Input, PortDevice } from '../engines/engine.js';
import { GuestwrightError } from '../errors.js';
import { Spacing } from '../input/pace.js';
import { InOrder } from '../machine/in-order.js';
import { portCount, portMissing, portName } from '../machine/port-spec.js';
import type { MachinePort } from '../machine/port.js';
import type { Serial, SerialMatch, WaitOptions } from '../machine/types.js';
import { shownText } from './shown.js';
import { SerialOutput, type ByteRange } from './output.js';

/** Bytes written at once: what the FIFO of a 16550 UART takes without losing any. */
const CHUNK = 16;

/**
 * Guest ms between two chunks. A real line at 115200 baud brings 16 bytes in 1.4 ms; a stepped engine's grid is 10 ms, and
 * a guest empties its FIFO well within that.
 */
const CHUNK_SPACING = 10;

/**
 * The same for a reader that takes bytes as fast as they come, and asks again for what got lost: the guest's UART and
 * its driver hold several times as much.
 */
const STREAM_CHUNK = 1024;

/** Lines of output shown in a message. */
const SHOWN_LINES = 15;

/** What a revert must bring back on this side. */
export interface SerialState {
  /** How far earlier matches have gone, in characters of the text. */
  readonly matched: number;
  /** Bytes that had arrived by then. */
  readonly bytes: number;
  /** Parts of the output that were no text. */
  readonly hidden: readonly ByteRange[];
}

/**
 * Patterns are looked for in the text: escape sequences and carriage returns are removed first, so that a coloured
 * prompt is found by its words. `text()` has everything as it came.
 */
export class SerialConsole implements Serial {
  readonly index: number;
  readonly device: PortDevice;
  readonly output: SerialOutput;
  readonly #port: MachinePort;
  readonly #reads = new InOrder();
  readonly #writes = new InOrder();
  readonly #spacing: Spacing;
  #matched = 0;
  /** Bytes that had arrived at the last match, for messages. */
  #bytesAtMatch = 0;

  constructor(port: MachinePort, index: number, device: PortDevice = 'serial') {
    this.#port = port;
    this.index = index;
    this.device = device;
    this.output = new SerialOutput(port, index, device);
    this.#spacing = new Spacing(port);
  }

  /** `serial port 0`, for messages. */
  get name(): string {
    return portName(this.device, this.index);
  }

  async text(): Promise<string> {
    return await this.#act('text', `Read ${this.name}`, {}, async () => {
      return (await this.output.refresh()).raw;
    });
  }

  async lines(): Promise<string[]> {
    return await this.#act('lines', `Read the lines of ${this.name}`, {}, async () => {
      return linesOf((await this.output.refresh()).text);
    });
  }

  async bytes(from: number): Promise<{ data: Uint8Array; end: number }> {
    this.#assertThere();
    return await this.output.read(from);
  }

  /**
   * A regular expression sees the output after the previous match as its whole input: `^` is its beginning. The flags
   * `g` and `y` have no effect, and no state is kept in it.
   * @throws GuestwrightError `assertion/serial-timeout`
   */
  async waitFor(pattern: string | RegExp, options: WaitOptions = {}): Promise<SerialMatch> {
    const shown = wordPattern(pattern);
    return await this.#act(
      'waitFor',
      `Wait for ${shown} on ${this.name}`,
      { pattern: shown, ...options },
      async () => await this.#reads.run(async () => await this.#waitFor(pattern, options)),
    );
  }

  /**
   * Writes in chunks that a UART's FIFO takes, in guest time. Text is sent as UTF-8, newlines as they are.
   * @param options.secret the data is in no report, error or journal
   * @throws GuestwrightError `usage/port-reads-only` of a parallel port
   */
  async write(data: string | Uint8Array, options: { secret?: boolean } = {}): Promise<void> {
    const secret = options.secret === true;
    const shown = secret ? '***' : typeof data === 'string' ? data : `${data.length} bytes`;
    await this.#act(
      'write',
      `Write ${secret ? 'a secret' : JSON.stringify(shown)} to ${this.name}`,
      { data: shown },
      async () => {
        await this.send(data, { secret });
      },
    );
  }

  /** `write` without a step of its own: for the shell. */
  async send(data: string | Uint8Array, options: { secret?: boolean } = {}): Promise<void> {
    await this.#write(data, CHUNK, options);
  }

  /** `send` for a program in the guest that reads without pause and finds out itself whether anything is missing. */
  async stream(data: Uint8Array): Promise<void> {
    await this.#write(data, STREAM_CHUNK, {});
  }

  async #write(data: string | Uint8Array, chunk: number, options: { secret?: boolean }): Promise<void> {
    if (this.device === 'parallel') throw readsOnly(this.name);
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data.slice();
    await this.#writes.run(async () => {
      // An engine that runs freely holds back what the UART has no room for.
      if (this.#port.clock.kind === 'free') {
        await this.#port.input(this.#input(bytes), options);
        return;
      }
      for (let at = 0; at < bytes.length; at += chunk) {
        await this.#spacing.until(CHUNK_SPACING);
        await this.#port.input(this.#input(bytes.slice(at, at + chunk)), options);
        this.#spacing.mark();
      }
    });
  }

  /** A serial port is meant where no device is named: journals of before name none. */
  #input(data: Uint8Array): Input {
    const { device, index: port } = this;
    return device === 'serial' ? { kind: 'serial', port, data } : { kind: 'serial', device, port, data };
  }

  /** Counts everything that has arrived as seen: the next `waitFor` looks at what comes after. */
  async skip(): Promise<void> {
    await this.output.refresh();
    this.#matched = this.output.text.length;
    this.#bytesAtMatch = this.output.bytes;
  }

  save(): SerialState {
    return { matched: this.#matched, bytes: this.#bytesAtMatch, hidden: [...this.output.hidden] };
  }

  /** After a revert. Not needed after a reset: the port goes on counting. */
  restore(state: SerialState): void {
    this.output.forget(state.hidden);
    this.#spacing.forget();
    this.#matched = state.matched;
    this.#bytesAtMatch = state.bytes;
  }

  async #act<T>(name: string, title: string, params: Record<string, unknown>, run: () => Promise<T>): Promise<T> {
    return await this.#port.act(
      { name: `${this.device}.${name}`, title, params: { port: this.index, ...params } },
      async () => {
        this.#assertThere();
        return await run();
      },
    );
  }

  async #waitFor(pattern: string | RegExp, options: WaitOptions): Promise<SerialMatch> {
    const find = finder(pattern);
    return await this.#port.clock.waitUntil({
      what: `${wordPattern(pattern)} on ${this.name}`,
      on: ['serial'],
      timeout: options.timeout ?? this.#port.timeouts.expect,
      check: async () => {
        const { text } = await this.output.refresh();
        const fresh = text.slice(this.#matched);
        const found = find(fresh);
        if (found === undefined) return undefined;
        this.#matched += found.end;
        this.#bytesAtMatch = this.output.bytes - byteLength(text.slice(this.#matched));
        return { text: found.text, groups: found.groups, before: fresh.slice(0, found.end - found.text.length) };
      },
      onTimeout: async (waited) => {
        const { text, bytes } = await this.output.refresh();
        return this.#notFound(pattern, text.slice(this.#matched), bytes - this.#bytesAtMatch, waited);
      },
    });
  }

  #notFound(pattern: string | RegExp, fresh: string, bytes: number, waited: number): GuestwrightError {
    const what = wordPattern(pattern);
    const since = this.#matched === 0 ? 'since the machine was started' : 'since the previous match';
    const when = `${waited} ms waited, guest time ${this.#port.clock.now} ms`;
    const arrived =
      bytes === 0
        ? `nothing arrived ${since} (${when})`
        : `${bytes} bytes arrived ${since}, and it was not in them (${when}); the last lines:\n${lastLines(fresh)}`;
    return new GuestwrightError(`${what} did not appear on ${this.name}`, {
      kind: 'assertion',
      code: 'serial-timeout',
      expected: `${what} in the output ${since}`,
      seen: arrived,
      next: this.#advice(pattern, bytes),
    });
  }

  #advice(pattern: string | RegExp, bytes: number): string {
    const source = typeof pattern === 'string' ? pattern : pattern.source;
    if (/[\u001b\r]|\\(?:x1b|u001b|cM|r)/i.test(source)) {
      return 'escape sequences and carriage returns are removed before looking: leave them out of the pattern, or use text()';
    }
    if (bytes > 0) return 'compare the pattern with the lines above, or give { timeout } if the guest needs longer';
    return (
      `check that the guest sends to it (Linux: ${LINUX_NAMES[this.device](this.index)}); ` +
      'what came before the previous match is not looked at again (text() has it)'
    );
  }

  #assertThere(): void {
    const { device, index } = this;
    const count = portCount(this.#port.spec, device);
    if (index < 0 || index >= count || !Number.isInteger(index)) throw portMissing(this.#port.spec, device, index);
  }
}

/** Where Linux sends to a port. */
const LINUX_NAMES: Readonly<Record<PortDevice, (index: number) => string>> = {
  serial: (index) => `console=ttyS${index}`,
  parallel: (index) => `/dev/lp${index}, with the modules parport_pc and lp`,
  console: (index) => `/dev/hvc${index}, with the module virtio_console`,
};

function readsOnly(name: string): GuestwrightError {
  return new GuestwrightError(`Nothing can be written to ${name}`, {
    kind: 'usage',
    code: 'port-reads-only',
    expected: 'a serial port or a virtio console',
    seen: 'a parallel port: the guest prints to it',
    next: 'write to machine.serial, or to machine.virtioConsole(0) with { virtioConsoles: 1 } in the spec',
  });
}

/** Lines of a text; what follows the last newline is a line when there is anything. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The end of an output, for messages. */
export function lastLines(text: string): string {
  const lines = linesOf(text);
  const left = lines.length - SHOWN_LINES;
  return [...(left > 0 ? [`(${left} lines before)`] : []), ...lines.slice(-SHOWN_LINES).map(shownText)].join('\n');
}

/** `"login: "` or `/login: $/`. */
function wordPattern(pattern: string | RegExp): string {
  return typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
}

/** Looks for a pattern in the output so far; called again and again while it grows. */
function finder(
  pattern: string | RegExp,
): (fresh: string) => { text: string; groups: Record<string, string>; end: number } | undefined {
  if (typeof pattern !== 'string') {
    const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    return (fresh) => {
      const match = stateless.exec(fresh);
      if (match === null) return undefined;
      // A group that took no part in the match is undefined, whatever the type says.
      const named: Record<string, string | undefined> = match.groups ?? {};
      const groups = Object.fromEntries(Object.entries(named).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
      return { text: match[0], groups, end: match.index + match[0].length };
    };
  }
  let searched = 0;
  return (fresh) => {
    const start = fresh.indexOf(pattern, Math.max(0, searched - pattern.length));
    searched = fresh.length;
    return start < 0 ? undefined : { text: pattern, groups: {}, end: start + pattern.length };
  };
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
