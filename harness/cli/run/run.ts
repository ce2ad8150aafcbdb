import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { WIDTH_VARIABLE } from '../../terminal.js';
import { decideOutcome, wordOutcome } from './outcome.js';
import { takeOwnOptions } from './own-options.js';
import { requirePlaywright } from './playwright.js';
import { readSummary, removeSummary, SUMMARY_VARIABLE, summaryFile } from './summary.js';

/** In the environment of every process of a run. */
const RUN_ID_VARIABLE = 'GUESTWRIGHT_RUN_ID';

/** Enough of the error output to find Playwright's own complaint in. */
const KEPT_ERRORS = 64 * 1024;

/**
 * Runs Playwright Test in `cwd` with these arguments, on this terminal.
 * @returns the exit code for the shell
 * @throws GuestwrightError `infrastructure/playwright-missing`; `usage/…` of the options that are our own
 */
export async function runScenarios(args: readonly string[], cwd: string): Promise<number> {
  const own = takeOwnOptions(args);
  const playwright = requirePlaywright(cwd);
  const file = summaryFile(cwd);
  await removeSummary(file);
  // Before the user's arguments, which win. With them there is a summary and shards are balanced, whatever reporters the project has chosen.
  const reporters = ['summary', 'shards'].map((name) =>
    fileURLToPath(new URL(`../../reporters/${name}.js`, import.meta.url)),
  );
  // Whatever the run starts carries its id: what is left of it can be found.
  const env = {
    [SUMMARY_VARIABLE]: file,
    [RUN_ID_VARIABLE]: process.env[RUN_ID_VARIABLE] ?? randomUUID(),
    ...own.env,
    // The tests' own output is a pipe: they do not see how wide the terminal is.
    ...(process.stdout.isTTY ? { [WIDTH_VARIABLE]: String(process.stdout.columns) } : {}),
  };
  const ended = await spawnPlaywright(playwright.cli, [`--add-reporter=${reporters.join(',')}`, ...own.rest], {
    cwd,
    env,
  });
  const { exitCode, words } = wordOutcome(decideOutcome({ ...ended, summary: await readSummary(file) }));
  if (words !== null) process.stderr.write(`\n${words}\n`);
  const { trimStore } = await import('./trim-store.js');
  await trimStore((line) => void process.stderr.write(`${line}\n`));
  return exitCode;
}

async function spawnPlaywright(
  cli: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<{ exitCode: number | null; errors: string; interruptedBy: NodeJS.Signals | null }> {
  const host = fileURLToPath(new URL('./host.js', import.meta.url));
  const child = execa(process.execPath, [host, cli, 'test', ...args], {
    ...options,
    // The fourth is the host's lifeline: nobody writes to it, it closes when this process is gone.
    stdio: ['inherit', 'inherit', ['inherit', 'pipe'], 'pipe'],
    buffer: false,
    reject: false,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-KEPT_ERRORS);
  });

  let interruptedBy: NodeJS.Signals | null = null;
  // Playwright shuts down on SIGINT alone; a terminal's Ctrl-C reaches it as well, and it counts both as one.
  const interrupt = (signal: NodeJS.Signals): void => {
    interruptedBy = signal;
    child.kill('SIGINT');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    const { exitCode } = await child;
    return { exitCode: exitCode ?? null, errors, interruptedBy };
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
