/** The page of a machine that runs beside it: records what is done with it, or shows the machine of a test that waits. */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ToPage } from '../../../live/protocol.js';
import { shownText } from '../../../../sdk/serial/shown.js';
import { connect, type Line } from './connection.js';
import { RecordingPanel } from './recording-panel.js';
import { Screen, type Rectangle } from './screen.js';
import { TestPanel } from './test-panel.js';

type Said = { [Kind in ToPage['kind']]?: Extract<ToPage, { kind: Kind }> | undefined };

/** What a rectangle that is drawn on the screen is for. */
export type Drawing = 'text' | 'picture' | null;

function Page() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const line = useRef<Line | null>(null);
  const [said, hear] = useState<Said>({});
  const [isClosed, close] = useState(false);
  const [secret, setSecret] = useState(false);
  const [drawing, setDrawing] = useState<Drawing>(null);
  const [name, setName] = useState('screen');
  useEffect(() => {
    const open = connect({
      said: (message) => hear((before) => ({ ...before, [message.kind]: message })),
      picture: (png) => {
        void show(png, canvas.current).finally(() => open.send({ kind: 'shown' }));
      },
      closed: () => close(true),
    });
    line.current = open;
    canvas.current?.focus();
  }, []);
  const send: Line['send'] = (message) => {
    // What was said about the step before is over.
    hear((before) => ({ ...before, said: undefined }));
    line.current?.send(message);
  };
  const drawn = (region: Rectangle): void => {
    send(drawing === 'text' ? { kind: 'expect', region } : { kind: 'golden', name, clip: region });
    setDrawing(null);
    canvas.current?.focus();
  };
  const { machine } = said.machine ?? {};
  const over = said.over?.words ?? (isClosed ? 'The machine is gone: the command that served it has ended.' : null);
  return (
    <main>
      <header>
        <h1>{said.test?.title ?? said.recording?.file ?? 'A machine'}</h1>
        <p role="status">{machine === undefined ? 'Connecting …' : wordMachine(machine)}</p>
      </header>
      {over === null ? null : (
        <p class="over" role="alert">
          {over}
        </p>
      )}
      <div class="columns">
        <section class="machine" aria-label="The machine">
          <Screen
            canvas={canvas}
            line={{ send }}
            graphic={machine?.graphic ?? false}
            secret={secret}
            onDrawn={drawing === null ? null : drawn}
          />
          <p class={said.said?.bad === true ? 'said bad' : 'said'} role="log">
            {said.said?.words ?? ''}
          </p>
          {said.text?.rows === undefined || said.text.rows === null ? null : (
            <details>
              <summary>The screen as text</summary>
              <pre class="serial" aria-label="The screen as text">
                {shownText(said.text.rows.join('\n'))}
              </pre>
            </details>
          )}
          <div class="tools" role="group" aria-label="Machine">
            <button
              onClick={() => send({ kind: 'pause', paused: machine?.paused !== true })}
              title="Guest time stands still while it is paused"
            >
              {machine?.paused === true ? 'Run' : 'Pause'}
            </button>
          </div>
          {said.recording === undefined ? null : (
            <RecordingTools
              {...{ drawing, setDrawing, secret, setSecret, name, setName, send }}
              busy={said.recording.busy}
            />
          )}
        </section>
        {said.recording === undefined ? null : <RecordingPanel recording={said.recording} send={send} />}
        {said.test === undefined ? null : <TestPanel test={said.test} send={send} />}
      </div>
    </main>
  );
}

interface ToolsProps {
  drawing: Drawing;
  setDrawing: (drawing: Drawing) => void;
  secret: boolean;
  setSecret: (secret: boolean) => void;
  name: string;
  setName: (name: string) => void;
  send: Line['send'];
  busy: boolean;
}

function RecordingTools({ drawing, setDrawing, secret, setSecret, name, setName, send, busy }: ToolsProps) {
  const [text, setText] = useState('');
  const toggle = (wanted: Exclude<Drawing, null>): void => setDrawing(drawing === wanted ? null : wanted);
  return (
    <>
      <div class="tools" role="group" aria-label="Expect a text">
        <button aria-pressed={drawing === 'text'} disabled={busy} onClick={() => toggle('text')}>
          Expect text: draw
        </button>
        <input type="text" aria-label="Text to expect" value={text} onInput={(e) => setText(e.currentTarget.value)} />
        <button
          disabled={busy || text.trim() === ''}
          onClick={() => {
            send({ kind: 'expectText', text });
            setText('');
          }}
        >
          Expect it
        </button>
      </div>
      <div class="tools" role="group" aria-label="Expect a picture">
        <button aria-pressed={drawing === 'picture'} disabled={busy} onClick={() => toggle('picture')}>
          Expect picture: draw
        </button>
        <button disabled={busy} onClick={() => send({ kind: 'golden', name, clip: null })}>
          Whole screen
        </button>
        <input
          type="text"
          aria-label="Name of the golden"
          value={name}
          onInput={(e) => setName(e.currentTarget.value)}
        />
        <label title="What is typed now is in no file: the scenario takes it from the environment">
          <input type="checkbox" checked={secret} onChange={(e) => setSecret(e.currentTarget.checked)} /> Typing a
          secret
        </label>
      </div>
      {drawing === null ? null : <p>Draw a rectangle on the screen.</p>}
    </>
  );
}

function wordMachine({ name, engine, time, state, paused }: Extract<ToPage, { kind: 'machine' }>['machine']): string {
  const how = paused ? 'paused' : state;
  return `${name} on ${engine}, ${(time / 1000).toFixed(1)} s of guest time, ${how}`;
}

async function show(png: Blob, canvas: HTMLCanvasElement | null): Promise<void> {
  const picture = await createImageBitmap(png);
  if (canvas === null) return;
  const { width, height } = picture;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
  picture.close();
}

const place = document.getElementById('page');
if (place !== null) render(<Page />, place);
