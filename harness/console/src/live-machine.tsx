/** The machine of a run, running in this page: its screen, and keys and pointer that go to it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { KEY_CODES, type KeyCode } from '../../../sdk/input/keycodes.js';
import { makeFrame } from '../../../sdk/screen/frame.js';
import { Continuation } from '../../runs/continuation.js';
import { wordCause } from './page-errors.js';
import type { RemoteMachine } from './remote-machine.js';
import type { RunMachines } from './run-machines.js';
import type { GuestTime } from './types.js';
import { shownText } from '../../../sdk/serial/shown.js';

/** Guest ms that the page waits for a change of the screen at most, between two looks at what else has changed. */
const SLICE_MS = 250;
/** Guest ms after which the state is hashed, to be held against another machine's. */
const PROOF_MS = 5_000;

interface LiveProps {
  machines: RunMachines;
  /** Guest ms; null: the end of the run. */
  at: GuestTime | null;
  onEnd: () => void;
}

export function LiveMachine({ machines, at, onEnd }: LiveProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const machine = useRef<RemoteMachine | null>(null);
  const continuation = useRef(new Continuation());
  const [said, say] = useState('Starting the machine …');
  const [trouble, fail] = useState<string | null>(null);
  const [serial, hear] = useState('');
  const [code, setCode] = useState('');
  const [proof, prove] = useState<string | null>(null);

  useEffect(() => {
    const over = new AbortController();
    const isOver = (): boolean => over.signal.aborted;
    const run = async (): Promise<void> => {
      const started = await machines.start(at, (now) => {
        if (!isOver()) say(`Running again from power-on: at ${(now / 1000).toFixed(1)} s …`);
      });
      if (isOver()) {
        started.end();
        return;
      }
      machine.current = started;
      await draw(started, canvas.current);
      await started.input({ kind: 'clock', clock: 'paced' });
      say(live(started));
      canvas.current?.focus();
      let heard = (await started.serial(0)).end;
      while (!isOver()) {
        const { power } = await started.advance(started.now + SLICE_MS, 'screen');
        await draw(started, canvas.current);
        const { data, end } = await started.serial(heard);
        if (end > heard) hear((before) => (before + new TextDecoder().decode(data)).slice(-20_000));
        heard = end;
        say(power === 'running' ? live(started) : `The guest is ${power}`);
        if (power === 'off' || power === 'crashed') return;
      }
    };
    void run().catch((error: unknown) => {
      if (!isOver()) fail(wordCause(error));
    });
    return () => {
      over.abort();
      machine.current?.end();
      machine.current = null;
    };
  }, [machines, at]);

  const key = (event: KeyboardEvent, down: boolean): void => {
    // Leaves the machine, as in every virtual machine there is a way out.
    if (event.ctrlKey && event.altKey && event.code === 'KeyG') {
      canvas.current?.blur();
      return;
    }
    const code = keyCode(event.code);
    if (code === null || machine.current === null) return;
    event.preventDefault();
    if (down && event.repeat) return;
    void machine.current.input({ kind: 'key', code, down });
    if (!down) return;
    continuation.current.pressed(event);
    setCode(continuation.current.code);
  };
  const pointer = (event: MouseEvent): void => {
    const { currentTarget } = event;
    if (machine.current === null || !(currentTarget instanceof HTMLCanvasElement)) return;
    void machine.current.input({ kind: 'pointer', action: { type: 'move', dx: event.movementX, dy: event.movementY } });
  };
  const buttons = (event: MouseEvent): void => {
    const [left, right, middle] = [1, 2, 4].map((bit) => (event.buttons & bit) !== 0);
    void machine.current?.input({
      kind: 'pointer',
      action: { type: 'buttons', left: left ?? false, middle: middle ?? false, right: right ?? false },
    });
  };
  /** Another machine, from the end of the run on, that nobody touches. */
  const hash = async (): Promise<void> => {
    prove('Running …');
    const other = await machines.start(at, () => undefined);
    try {
      const limit = other.now + PROOF_MS;
      while (other.now < limit) {
        if ((await other.advance(limit, 'nothing')).power !== 'running') break;
      }
      prove((await other.stateHash()).hash);
    } finally {
      other.end();
    }
  };

  return (
    <>
      <figure>
        <canvas
          ref={canvas}
          width={720}
          height={400}
          tabIndex={0}
          aria-label="The guest's screen: keys go to it while it has the focus, Control+Alt+G leaves it"
          onKeyDown={(event) => key(event, true)}
          onKeyUp={(event) => key(event, false)}
          onMouseMove={pointer}
          onMouseDown={buttons}
          onMouseUp={buttons}
          onContextMenu={(event) => event.preventDefault()}
        />
      </figure>
      <div class="timeline">
        <output role="status">{trouble === null ? said : 'The machine is not running'}</output>
        <button onClick={() => void hash().catch((error: unknown) => prove(wordCause(error)))}>Hash after 5 s</button>
        <button class="resume" onClick={onEnd}>
          Back to the run
        </button>
      </div>
      {trouble === null ? null : (
        <p role="alert" class="words">
          {trouble}
        </p>
      )}
      {proof === null ? null : (
        <p class="proof">
          State of the untouched machine after 5 guest seconds: <code>{proof}</code>
        </p>
      )}
      {code === '' ? null : (
        <figure>
          <figcaption>What was typed, for the scenario:</figcaption>
          <pre class="code">{code}</pre>
        </figure>
      )}
      {serial === '' ? null : <pre class="serial">{shownText(serial)}</pre>}
    </>
  );
}

function live({ now }: RemoteMachine): string {
  return `Live, at ${(now / 1000).toFixed(1)} s`;
}

function keyCode(code: string): KeyCode | null {
  return KEY_CODES.find((one) => one === code) ?? null;
}

async function draw(machine: RemoteMachine, canvas: HTMLCanvasElement | null): Promise<void> {
  if (canvas === null) return;
  const { width, height, rgba } = makeFrame(await machine.screen(), 0);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  pixels.data.set(rgba);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}
