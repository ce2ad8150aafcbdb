/** A serial port of a machine in a terminal. What the guest sends is the terminal's to read, never the page's. */
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { withAdoptedStyles } from './adopted-styles.js';
import { wordsOf, type MachineDetails, type MachineState } from './api.js';
import type { HostSession } from './host-session.js';
import { hasScreen } from './power.js';

interface SerialTabProps {
  session: HostSession;
  details: MachineDetails;
  state: MachineState;
}

export function SerialTab({ session, details, state }: SerialTabProps) {
  const { serial } = details.config.spec;
  const ports = typeof serial === 'number' ? serial : Array.isArray(serial) ? serial.length : 1;
  const [port, choose] = useState(0);
  const isRunning = hasScreen(state);
  return (
    <>
      <div class="tools">
        {ports > 1 ? (
          <label>
            Port{' '}
            <select value={port} onChange={({ currentTarget }) => choose(Number(currentTarget.value))}>
              {Array.from({ length: ports }, (_, i) => (
                <option key={i} value={i}>
                  {i} (COM{i + 1}, ttyS{i})
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <span class="note">
          {isRunning
            ? 'Keys go to the guest while the terminal has the focus; Control+Alt+G leaves it.'
            : 'The machine is off.'}
        </span>
      </div>
      {isRunning ? <SerialTerminal key={port} session={session} name={details.name} port={port} /> : null}
    </>
  );
}

/** Wall ms before a line that has ended is opened again. */
const RETRY_MS = 1500;

function SerialTerminal({ session, name, port }: { session: HostSession; name: string; port: number }) {
  const place = useRef<HTMLDivElement>(null);
  const [said, say] = useState<string | null>(null);
  useEffect(() => {
    if (place.current === null) return;
    const parent = place.current;
    const { value: terminal, remove } = withAdoptedStyles(() => {
      const one = new Terminal({ cols: 80, rows: 24, scrollback: 5000, convertEol: false, screenReaderMode: true });
      one.open(parent);
      return one;
    });
    terminal.attachCustomKeyEventHandler(({ ctrlKey, altKey, code }) => {
      const leaves = ctrlKey && altKey && code === 'KeyG';
      if (leaves) terminal.blur();
      return !leaves;
    });
    const line = keepOpen(session, `/machines/${encodeURIComponent(name)}/serial?port=${port}`, terminal, say);
    terminal.focus();
    return () => {
      line.close();
      terminal.dispose();
      remove();
    };
  }, [session, name, port]);
  return (
    <>
      {said === null ? null : <p class="note">{said}</p>}
      <div ref={place} class="terminal" />
    </>
  );
}

/** Whatever ends the line, a restart of the machine as well, it is opened again until it is closed here. */
function keepOpen(
  session: HostSession,
  path: string,
  terminal: Terminal,
  say: (words: string | null) => void,
): { close: () => void } {
  let isClosed = false;
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const again = (why: string): void => {
    if (isClosed) return;
    say(`The line has ended: ${why}`);
    timer = setTimeout(() => void open(), RETRY_MS);
  };
  const told = ({ kind, message }: { kind: string; message?: string }): void => {
    // The machine went back to a snapshot.
    if (kind === 'again') terminal.reset();
    if (kind === 'refused') say(`Your keys do not reach the guest: ${message?.split('\n')[0] ?? ''}`);
  };
  const open = async (): Promise<void> => {
    try {
      const line = await session.socket(path);
      if (isClosed) {
        line.close();
        return;
      }
      socket = line;
      line.binaryType = 'arraybuffer';
      line.onopen = () => {
        say(null);
        terminal.reset();
      };
      line.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
        if (typeof data !== 'string') terminal.write(new Uint8Array(data));
        else told(JSON.parse(data) as { kind: string; message?: string });
      };
      line.onclose = ({ reason, code }) => again(reason === '' ? `code ${code}` : reason);
    } catch (error) {
      again(wordsOf(error));
    }
  };
  const encoder = new TextEncoder();
  const send = (bytes: Uint8Array<ArrayBuffer>): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(bytes);
  };
  terminal.onData((text) => send(encoder.encode(text)));
  terminal.onBinary((text) => send(Uint8Array.from(text, (character) => character.charCodeAt(0))));
  void open();
  return {
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      socket?.close();
    },
  };
}
