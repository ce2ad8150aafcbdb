/** A test that waits: what it failed of or does next, and how it is to go on. */
import { useState } from 'preact/hooks';
import type { ToPage } from '../../../live/protocol.js';
import type { Line } from './connection.js';

interface TestProps {
  test: Extract<ToPage, { kind: 'test' }>;
  send: Line['send'];
}

export function TestPanel({ test: { error, next, canStep }, send }: TestProps) {
  const [text, setText] = useState('');
  return (
    <section class="panels" aria-label="The test">
      <p>{next === null ? (error === null ? 'The test is over.' : 'The test has failed.') : `Next: ${next}`}</p>
      {error === null ? null : <pre class="error">{error}</pre>}
      <div class="tools" role="group" aria-label="Go on">
        {canStep ? <button onClick={() => send({ kind: 'go', how: 'step' })}>Step</button> : null}
        <button class="resume" onClick={() => send({ kind: 'go', how: 'resume' })}>
          {next === null ? 'End the test' : 'Resume the test'}
        </button>
        {next === null ? null : <button onClick={() => send({ kind: 'go', how: 'stop' })}>Stop the test</button>}
      </div>
      <form
        class="tools"
        onSubmit={(event) => {
          event.preventDefault();
          if (text !== '') send({ kind: 'try', text });
        }}
      >
        <label>
          Try <code>toShowText</code>:{' '}
          <input type="text" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button disabled={text === ''}>Try</button>
      </form>
    </section>
  );
}
