/** `guestwright record`: a machine, a page to use it in, and the scenario that comes of it. */
import path from 'node:path';
import { launch } from '../../../sdk/index.js';
import type { MachineSpecInput } from '../../../sdk/machine/spec.js';
import type { Frame } from '../../../sdk/screen/frame.js';
import { sanitiseName } from '../../goldens/paths.js';
import { openInBrowser } from '../../live/open-in-browser.js';
import { parsePort, serveLive } from '../../live/server.js';
import { ScenarioFile } from '../../recorder/scenario-file.js';
import { RecordingSession } from '../../recorder/session.js';
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
  const looks = new EventTarget();
  const engine = options.engine ?? spec.engine ?? 'v86';
  await using machine = await launch(
    // The clock of the guest's own engine is none of another one. QEMU's machines run by themselves anyway.
    { ...spec, ...over, clock: engine === 'v86' ? 'paced' : engine === spec.engine ? spec.clock : undefined },
    { name, onFrame: (frame) => looks.dispatchEvent(new CustomEvent('look', { detail: frame })) },
  );
  const session = new RecordingSession({ machine, file, output });
  looks.addEventListener('look', (event) => session.looked((event as CustomEvent<Frame>).detail));
  await using server = await serveLive({ page: 'record.html', port, onPage: (socket) => session.addPage(socket) });
  process.stdout.write(
    `${server.url}\nUse the machine in this page; "Finish" there or Ctrl-C here ends the recording.\n`,
  );
  if (options.open !== false) openInBrowser(server.url);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (): void => session.end();
  for (const signal of signals) process.on(signal, end);
  try {
    await session.run();
  } finally {
    for (const signal of signals) process.off(signal, end);
  }
  process.stdout.write(`${session.words}\n`);
  return EXIT.passed;
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
