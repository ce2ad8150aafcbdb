/** One run of the scenarios, in a process of its own, and what it leaves. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { readLogs, type LogEntry } from '../../verify/log.js';
import { VERIFY_FOLDER } from '../../verify/record.js';
import { keepBusy } from './busy.js';

export interface Chosen {
  scenarios: readonly string[];
  cwd: string;
  project?: readonly string[];
}

/** By name of the test and the machine. */
export type Logs = Map<string, LogEntry[]>;

export interface Run {
  /** Where its logs are. */
  folder: string;
  logs: Logs;
  passed: boolean;
}

export interface RunRequest {
  /** `run 2`. */
  name: string;
  /** What is special about it, for whoever waits. */
  how: string;
  /** Keeps the host busy meanwhile. Default: false. */
  busy?: boolean;
  /** Tells the workers what to do besides. */
  env: Readonly<Record<string, string>>;
}

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** @param folder for its logs and results */
export async function oneRun(
  { scenarios, cwd, project }: Chosen,
  folder: string,
  { name, how, busy = false, env }: RunRequest,
): Promise<Run> {
  say(`${name}: ${how} …`);
  const logs = path.join(folder, name.replaceAll(' ', '-'));
  await using load = busy ? keepBusy() : null;
  const from = performance.now();
  const results = path.join(folder, 'results');
  const args = [...scenarios, '--workers=1', '--retries=0', '--reporter=line', `--output=${results}`];
  if (project !== undefined) args.push(...project.map((one) => `--project=${one}`));
  const { exitCode } = await execa(process.execPath, [MAIN, 'run', ...args], {
    cwd,
    reject: false,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...env, [VERIFY_FOLDER]: logs, PLAYWRIGHT_FORCE_TTY: '0' },
  });
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  const loaded = load === null ? '' : `, beside ${load.threads} busy threads`;
  const passed = exitCode === 0;
  say(`${name}: ${passed ? 'passed' : `failed (exit code ${exitCode ?? 'none'})`} in ${seconds} s${loaded}`);
  return { folder: logs, logs: readLogsIfAny(logs), passed };
}

function readLogsIfAny(folder: string): Logs {
  try {
    return readLogs(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
