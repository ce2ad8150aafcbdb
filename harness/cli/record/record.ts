/** `guestwright record`: a machine, a page to use it in, and the scenario that comes of it. */
import path from 'node:path';
import { launch } from '../../../sdk/index.js';
import type { MachineSpecInput } from '../../../sdk/machine/spec.js';
import type { Frame } from '../../../sdk/screen/frame.js';
import { sanitiseName } from '../../goldens/paths.js';
import { LiveMachine } from '../../live/live-machine.js';
import type { FromPage } from '../../live/protocol.js';
import { parsePort, serveLive } from '../../live/server.js';
import { openInBrowser } from '../../live/open-in-browser.js';
import { Viewers } from '../../live/viewers.js';
import { isRefusal, Recorder } from '../../recorder/recorder.js';
import { ScenarioFile } from '../../recorder/scenario-file.js';
import { looksOnly } from '../../recorder/acts.js';
import { wordAct } from '../../recorder/word-scenario.js';
import { EXIT, type ExitCode } from '../exit.js';
import { resolveTarget, type Target } from '../open/target.js';
import type { RecordOptions } from '../record.js';

/**
 * @returns the exit code for the shell
 * @throws GuestwrightError `usage/…` of the options and the target, and what `launch` throws
 */
export async function record(guest: string, options: RecordOptions, folder: string): Promise<ExitCode> {
  const port = options.port === undefined ? 0 : parsePort(options.port);
  const { name, spec } = await resolveTarget(guest, options, folder);
  const over = overridesOf(options);
  const output = options.output ?? path.join('scenarios', `recorded-${sanitiseName(name)}.spec.ts`);
  const file = await ScenarioFile.open({
    root: folder,
    file: path.resolve(folder, output),
    force: options.force === true,
    title: options.title ?? `recorded on ${name}`,
    ...scenarioMachine({ name, spec }, over, folder),
  });
  process.stderr.write(`Starting ${name} …\n`);

  const ended = new AbortController();
  const end = (): void => ended.abort();
  let hearFrame: (frame: Frame) => void = () => undefined;
  const engine = options.engine ?? spec.engine;
  await using machine = await launch(
    // QEMU's machines run by themselves anyway.
    { ...spec, ...over, ...(engine === 'qemu' ? {} : { clock: 'paced' as const }) },
    { name, onFrame: (frame) => hearFrame(frame) },
  );
  const viewers = new Viewers((message) => void hear(message));
  const live = new LiveMachine(machine, viewers, { paused: false });
  const recorder = new Recorder({ machine, file, onChange: () => tell() });
  hearFrame = (frame) => recorder.looked(frame);
  const tell = (busy = false): void => viewers.say({ kind: 'recording', ...shown(recorder, file, output), busy });
  const hear = async (message: FromPage): Promise<void> => {
    try {
      if (message.kind === 'go') end();
      else if (message.kind === 'pause') await live.setPaused(message.paused);
      else await carryOut(message, { live, recorder, viewers, tell });
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
      end();
    }
  };
  const failures: Error[] = [];

  await using server = await serveLive({ page: 'record.html', port, onPage: (socket) => viewers.add(socket) });
  tell();
  process.stdout.write(
    `${server.url}\nUse the machine in this page; "Finish" there or Ctrl-C here ends the recording.\n`,
  );
  if (options.open !== false) openInBrowser(server.url);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  try {
    while (await live.run(ended.signal)) {
      await recorder.poweredOff();
      // It can still be taken back to before that.
      while (machine.state === 'off' && !ended.signal.aborted) await live.changed(ended.signal);
    }
    const [failure] = failures;
    if (failure !== undefined) throw failure;
    viewers.say({ kind: 'over', words: wordEnd(file, output) });
    process.stdout.write(`${wordEnd(file, output)}\n`);
  } finally {
    for (const signal of signals) process.off(signal, end);
  }
  return EXIT.passed;
}

interface Session {
  live: LiveMachine;
  recorder: Recorder;
  viewers: Viewers;
  tell: (busy?: boolean) => void;
}

async function carryOut(message: FromPage, { live, recorder, viewers, tell }: Session): Promise<void> {
  if (live.isPaused && (message.kind === 'key' || message.kind === 'click' || message.kind === 'drag')) {
    viewers.say({ kind: 'said', words: 'The machine is paused: press Resume to go on.', bad: true });
    return;
  }
  const isLong = message.kind === 'undo' || message.kind === 'golden' || message.kind === 'expect';
  if (isLong) tell(true);
  try {
    const words = await recorder.hear(message);
    if (words !== null) viewers.say({ kind: 'said', words, bad: false });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    viewers.say({ kind: 'said', words: error.message, bad: true });
  } finally {
    if (isLong) tell();
    live.wake();
  }
}

function shown(recorder: Recorder, file: ScenarioFile, output: string) {
  const lines = recorder.acts.map(({ id, at, act }) => ({ id, at, code: wordAct(act), looksOnly: looksOnly(act) }));
  return { file: output, lines, code: file.code };
}

function overridesOf({ engine, memory }: RecordOptions): MachineSpecInput {
  return {
    ...(engine === undefined ? {} : { engine }),
    ...(memory === undefined ? {} : { memory: Number(memory) }),
  };
}

/** How the scenario names its machine: a guest or an image by its name, anything else by its spec. */
function scenarioMachine({ name, spec }: Target, over: MachineSpecInput, folder: string) {
  const isNamed = /^[\w-]+$/.test(name);
  const { memory } = over;
  const own = { ...spec, ...over, clock: undefined, shell: undefined };
  return {
    guest: isNamed ? name : null,
    goldenGuest: isNamed ? name : 'machine',
    machineSpec: isNamed ? (memory === undefined ? null : { memory }) : relativeTo(folder, own),
  };
}

/** Files of the project are named as they are from its folder, where scenarios are run. */
function relativeTo(folder: string, spec: MachineSpecInput): MachineSpecInput {
  const text = JSON.stringify(spec, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(folder + path.sep) ? path.relative(folder, value) : value,
  );
  return JSON.parse(text) as MachineSpecInput;
}

function wordEnd(file: ScenarioFile, output: string): string {
  if (!file.isWritten) return 'Nothing was recorded, so there is no scenario.';
  return `Written: ${output}\nRun it: npx guestwright run ${output}`;
}
