/** The page of a run: what the machine did, and the machine itself to go on with. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { fetchRun, loadRun, type LoadedRun } from './load-run.js';
import { RunPage } from './run-page.js';

type Shown = { kind: 'loading' } | { kind: 'loaded'; loaded: LoadedRun } | { kind: 'failed'; why: string };

function Page() {
  const [shown, show] = useState<Shown>({ kind: 'loading' });
  const open = (file: Promise<ArrayBuffer>): void => {
    show({ kind: 'loading' });
    void file.then(loadRun).then(
      (loaded) => show({ kind: 'loaded', loaded }),
      (error: unknown) => show({ kind: 'failed', why: error instanceof Error ? error.message : String(error) }),
    );
  };
  useEffect(() => open(fetchRun()), []);
  switch (shown.kind) {
    case 'loading':
      return <p role="status">Opening the run …</p>;
    case 'loaded':
      return <RunPage {...shown.loaded} />;
    case 'failed':
      return (
        <main class="failed">
          <p role="alert">{shown.why}</p>
          <label>
            Open the file of a run:{' '}
            <input
              type="file"
              accept=".zip"
              onChange={({ currentTarget }) => {
                const [file] = currentTarget.files ?? [];
                if (file !== undefined) open(file.arrayBuffer());
              }}
            />
          </label>
        </main>
      );
  }
}

const place = document.getElementById('page');
if (place !== null) render(<Page />, place);
