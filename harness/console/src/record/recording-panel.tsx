/** What has been recorded: the lines of the scenario, each to go back to. */
import { useEffect, useRef } from 'preact/hooks';
import type { ToPage } from '../../../live/protocol.js';
import type { Line } from './connection.js';

interface RecordingProps {
  recording: Extract<ToPage, { kind: 'recording' }>;
  send: Line['send'];
}

export function RecordingPanel({ recording: { file, lines, code, busy }, send }: RecordingProps) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => list.current?.lastElementChild?.scrollIntoView({ block: 'nearest' }), [lines.length]);
  return (
    <section class="panels" aria-label="The scenario">
      <div class="tools" role="group" aria-label="Recording">
        <strong>{lines.length === 0 ? 'Use the machine: what you do is written here.' : file}</strong>
        <button class="resume" onClick={() => send({ kind: 'go', how: 'finish' })}>
          Finish
        </button>
      </div>
      <ol class="lines" ref={list}>
        {lines.map(({ id, code: words, at, looksOnly }) => (
          <li key={id} class={looksOnly ? 'looks' : undefined}>
            <code>{words}</code>
            <small>{(at / 1000).toFixed(1)} s</small>
            <button
              disabled={busy}
              onClick={() => send({ kind: 'undo', id })}
              aria-label="Undo to here"
              title="Undo to here: takes the machine and the scenario back to before this line"
            >
              ↶
            </button>
            <button
              disabled={busy || !looksOnly}
              onClick={() => send({ kind: 'remove', id })}
              aria-label="Remove"
              title={looksOnly ? 'Remove: takes out this line, and nothing else' : 'What was done can only be undone'}
            >
              ✕
            </button>
          </li>
        ))}
      </ol>
      <details>
        <summary>The whole file</summary>
        <pre class="code">{code}</pre>
      </details>
    </section>
  );
}
