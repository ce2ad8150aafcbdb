/** The page of a run: what the machine did, and the machine itself to go on with. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { fetchRun, loadRun, unload, type LoadedRun } from './load-run.js';
import { wordCause } from './page-errors.js';
import { RunPage } from './run-page.js';

type Shown = { kind: 'loading' } | { kind: 'loaded'; loaded: LoadedRun } | { kind: 'failed'; why: string };

function Page() {
  const [shown, show] = useState<Shown>({ kind: 'loading' });
  const open = (file: Promise<Blob>): void => {
    if (shown.kind === 'loaded') unload(shown.loaded);
    show({ kind: 'loading' });
    void file.then(loadRun).then(
      (loaded) => show({ kind: 'loaded', loaded }),
      (error: unknown) => show({ kind: 'failed', why: wordCause(error) }),
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
          <p role="alert" class="words">
            {shown.why}
          </p>
          <label>
            Open the file of a run:{' '}
            <input
              type="file"
              accept=".zip"
              onChange={({ currentTarget }) => {
                const [file] = currentTarget.files ?? [];
                if (file !== undefined) open(Promise.resolve(file));
              }}
            />
          </label>
        </main>
      );
  }
}

const place = document.getElementById('page');
if (place !== null) render(<Page />, place);
