/** A run that is over: its steps, what was on the screen at any instant, what went in and what came out. */
import { useMemo, useState } from 'preact/hooks';
import type { RunFile } from '../../runs/format.js';
import { LiveMachine } from './live-machine.js';
import type { LoadedRun } from './load-run.js';
import { useScreen, type Screens } from './screens.js';
import { shownText } from '../../../sdk/serial/shown.js';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

export function RunPage({ run, screens, machines }: LoadedRun) {
  const last = Math.max(0, run.looks.length - 1);
  const [index, setIndex] = useState(last);
  /** Where the machine goes on from; null: nowhere, what is over is shown. */
  const [live, setLive] = useState<{ at: number | null } | null>(null);
  const look = run.looks[index];
  const goTo = (at: number): void => {
    // What was on the screen when the step ended.
    const found = run.looks.findLastIndex((one) => one.at <= at);
    setIndex(Math.max(0, found));
    setLive(null);
  };
  return (
    <main>
      <header>
        <h1>{run.test.title}</h1>
        <p>
          {run.machine} on {run.engine}, {seconds(run.end)} of guest time
        </p>
        {run.test.error === null ? null : (
          <details class="error">
            <summary>{run.test.error.split('\n', 1)[0]}</summary>
            <pre>{run.test.error}</pre>
          </details>
        )}
      </header>
      <div class="columns">
        <section class="machine" aria-label="The machine">
          {live !== null ? (
            <LiveMachine machines={machines} at={live.at} onEnd={() => setLive(null)} />
          ) : (
            <>
              <figure>
                {look === undefined ? (
                  <p>Nobody looked at its screen.</p>
                ) : (
                  <Picture screens={screens} digest={look.screen} alt={look.text?.join('\n').trim() ?? 'the screen'} />
                )}
              </figure>
              <div class="timeline">
                <button
                  disabled={index <= 0}
                  onClick={() => setIndex(index - 1)}
                  title="The look before"
                  aria-label="The look before"
                >
                  ◀
                </button>
                <input
                  type="range"
                  min={0}
                  max={last}
                  value={index}
                  aria-label="Instant"
                  aria-valuetext={look === undefined ? 'none' : seconds(look.at)}
                  onInput={({ currentTarget }) => setIndex(Number(currentTarget.value))}
                />
                <button
                  disabled={index >= last}
                  onClick={() => setIndex(index + 1)}
                  title="The next look"
                  aria-label="The next look"
                >
                  ▶
                </button>
                <output>{look === undefined ? '' : `at ${seconds(look.at)}`}</output>
                <button
                  class="resume"
                  disabled={run.resume === null}
                  title={run.why ?? 'Goes on from the end of the run, in this page'}
                  onClick={() => setLive({ at: null })}
                >
                  Resume
                </button>
                {look === undefined || index === last ? null : (
                  <button
                    disabled={notFrom(run, look.at) !== null}
                    title={
                      notFrom(run, look.at) ??
                      'Runs the machine again from power-on to this instant, and goes on from there'
                    }
                    onClick={() => setLive({ at: look.at })}
                  >
                    Resume here
                  </button>
                )}
              </div>
              {run.resume === null ? (
                <p class="note">It can be looked at, not resumed: {run.why ?? 'it has no state'}.</p>
              ) : null}
              <Strip run={run} screens={screens} index={index} onChoose={setIndex} />
            </>
          )}
        </section>
        <Panels run={run} screens={screens} index={index} onStep={goTo} />
      </div>
    </main>
  );
}

/** Why the machine cannot go on from an instant; null: it can. */
function notFrom({ resume, again, why }: RunFile, at: number): string | null {
  if (resume === null) return why ?? 'it has no state';
  if (again === null) return 'It did not begin at power-on: only its end is in this file.';
  if (again.until === null || at <= again.until) return null;
  return `It can be run again up to ${seconds(again.until)}: ${again.why ?? ''}`;
}

function Picture({ screens, digest, alt }: { screens: Screens; digest: string; alt: string }) {
  const address = useScreen(screens, digest);
  if (address === null) return <p>This picture is not in the run, or damaged.</p>;
  return <img src={address} alt={alt} />;
}

interface StripProps {
  run: RunFile;
  screens: Screens;
  index: number;
  onChoose: (index: number) => void;
}

/** At most so many pictures side by side. */
const STRIP = 12;

function Strip({ run, screens, index, onChoose }: StripProps) {
  const shown = useMemo(() => {
    const every = Math.max(1, Math.ceil(run.looks.length / STRIP));
    return run.looks.flatMap((look, i) => (i % every === 0 || i === run.looks.length - 1 ? [{ look, i }] : []));
  }, [run]);
  return (
    <div class="strip" role="group" aria-label="Film strip">
      {shown.map(({ look, i }) => (
        <button key={i} aria-pressed={i === index} onClick={() => onChoose(i)} title={`at ${seconds(look.at)}`}>
          <Picture screens={screens} digest={look.screen} alt="" />
        </button>
      ))}
    </div>
  );
}

const PANELS = ['Steps', 'Text', 'Serial', 'Inputs', 'Goldens'] as const;

interface PanelsProps {
  run: RunFile;
  screens: Screens;
  index: number;
  /** Shows the screen at the end of a step. @param at guest ms */
  onStep: (at: number) => void;
}

function Panels({ run, screens, index, onStep }: PanelsProps) {
  const [panel, choose] = useState<(typeof PANELS)[number]>('Steps');
  return (
    <section class="panels" aria-label="What happened">
      <nav>
        {PANELS.filter((name) => name !== 'Goldens' || run.goldens.length > 0).map((name) => (
          <button key={name} aria-pressed={name === panel} onClick={() => choose(name)}>
            {name}
          </button>
        ))}
      </nav>
      {panel === 'Steps' ? (
        <ol class="steps">
          {run.steps.map((step, i) => (
            <li key={i} class={step.error === null ? undefined : 'failed'}>
              <button onClick={() => onStep(step.at)}>
                <span>{step.title}</span> <small>{seconds(step.at)}</small>
              </button>
              {step.error === null ? null : <pre>{step.error}</pre>}
            </li>
          ))}
        </ol>
      ) : null}
      {panel === 'Text' ? <pre>{run.looks[index]?.text?.join('\n') ?? 'No text screen.'}</pre> : null}
      {panel === 'Serial' ? <pre>{shownText(run.serial)}</pre> : null}
      {panel === 'Goldens' ? <Goldens run={run} screens={screens} /> : null}
      {panel === 'Inputs' ? (
        <ol class="inputs">
          {run.inputs.map(({ at, words }, i) => (
            <li key={i}>
              {seconds(at)} {words}
            </li>
          ))}
        </ol>
      ) : null}
    </section>
  );
}

/** Side by side what was expected, what was seen, and where they differ. */
function Goldens({ run, screens }: { run: RunFile; screens: Screens }) {
  return (
    <>
      {run.goldens.map((golden) => (
        <figure key={golden.name} class="golden">
          <figcaption>{golden.name}</figcaption>
          {(['expected', 'actual', 'diff'] as const).map((part) => {
            const digest = golden[part];
            if (digest === null) return null;
            return (
              <label key={part}>
                {part}
                <Picture screens={screens} digest={digest} alt={`${golden.name}, ${part}`} />
              </label>
            );
          })}
        </figure>
      ))}
    </>
  );
}
