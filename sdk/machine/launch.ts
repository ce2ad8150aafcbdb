/** Launching machines. */
import { randomUUID } from 'node:crypto';
import type { Engine, EngineContext, EngineMachine, Hardware } from '../engines/engine.js';
import { engineNamed } from '../engines/index.js';
import { GuestwrightError } from '../errors.js';
import type { Again } from './do-again.js';
import { hardwareOf } from './hardware.js';
import { platformOf } from './platform-spec.js';
import { runDirectoryFor, sweepRunDirectories } from './run-directory.js';
import { parseSpec, type MachineSpec, type MachineSpecInput } from './spec.js';
import type { AnswerServer } from '../network/answer-server.js';
import type { RecordingWriter } from '../recordings/write.js';
import type { LaunchOptions, Machine, MemoiseOptions, Timeouts } from './types.js';

/** Documented in `docs/`: boot and expect are guest ms, guard is wall ms. */
export const DEFAULT_TIMEOUTS: Timeouts = { boot: 180_000, expect: 30_000, guard: 600_000 };

/**
 * Launches a machine and powers it on. On a stepped clock the guest runs only while something waits for it.
 *
 * @throws GuestwrightError `usage/spec-invalid` naming each wrong field, `infrastructure/firmware-missing`,
 * `infrastructure/image-missing`, `usage/file-missing`, `usage/state-missing`, `usage/snapshot-not-stored`,
 * `usage/recording-folder-missing`, `usage/recording-exists`, `usage/again-unsupported`, and what the engine's start throws. Nothing is left running then.
 */
export async function launch(input: MachineSpecInput, options: LaunchOptions = {}): Promise<Machine> {
  const spec = parseSpec(input);
  options.signal?.throwIfAborted();
  const id = randomUUID();
  const runId = process.env['GUESTWRIGHT_RUN_ID'] ?? id;
  const runDirectory = options.runDirectory ?? runDirectoryFor(id);
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  sweepRunDirectories();
  const engine = await engineNamed(spec.engine);
  // What the start will look for is looked for while the media are opened. What it does not find, the start says.
  engine.prepare?.(platformOf(spec));
  const hardware = await hardwareOf(spec);
  const answers = hardware.network?.http === true ? await startAnswers() : null;
  const name = options.name ?? 'machine';
  const recording = spec.record === true ? await startRecording(options.recording, { runDirectory, name, spec }) : null;
  const context = {
    runDirectory,
    runId,
    guardMs: timeouts.guard,
    ...(answers === null ? {} : { cables: answers.sockets }),
    ...(recording === null ? {} : { recording }),
    ...(options.storeAt === undefined ? {} : { storeAt: options.storeAt }),
  };
  const { memoise = false } = options;
  const state = spec.state ?? null;
  const starting =
    memoise === false
      ? started(engine, hardware, context, state)
      : memoisedOr(engine, hardware, context, { state, memoise: memoise === true ? {} : memoise });
  // Loaded while the guest's hardware comes up: it is most of the code, and nothing of it is needed before.
  const loading = import('./launched.js');
  const running = await starting.catch(async (error: unknown) => {
    await answers?.[Symbol.asyncDispose]();
    await recording?.abandon();
    throw error;
  });
  const machine = await Promise.all([loading, did(running, spec, options.again)])
    .then(([{ machineOn }]) => {
      options.onStart?.({ engine: engine.name, hardware, identity: running.identity });
      options.onEngine?.(running);
      options.record?.({ kind: 'start', engine: engine.name, hardware, identity: running.identity });
      return machineOn(running, {
        id,
        name,
        engineName: engine.name,
        spec,
        timeouts,
        runDirectory,
        ownsRunDirectory: options.runDirectory === undefined,
        answers,
        recording,
        onAction: options.onAction ?? null,
        onFork: options.onFork ?? null,
        onFrame: options.onFrame ?? null,
        record: options.record ?? null,
        goldens: options.goldens ?? null,
      });
    })
    .catch(async (error: unknown) => {
      await running[Symbol.asyncDispose]();
      await answers?.[Symbol.asyncDispose]();
      throw error;
    });
  try {
    if (state !== null || options.again !== undefined) await machine.adoptState();
    const { signal } = options;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => void machine.dispose().catch(noted), { once: true });
    return machine;
  } catch (error) {
    await machine.dispose();
    throw error;
  }
}

/** Few machines have something to do again. */
async function did(running: EngineMachine, { clock, engine }: MachineSpec, again: Again | undefined): Promise<void> {
  if (again === undefined) return;
  if (running.capabilities.determinism !== 'bit-exact') throw againUnsupported(engine);
  const { doAgain } = await import('./do-again.js');
  await doAgain(running, again, clock === 'paced');
}

function againUnsupported(engine: string): GuestwrightError {
  return new GuestwrightError('What the machine did cannot be done again', {
    kind: 'usage',
    code: 'again-unsupported',
    expected: 'an engine on which the same inputs give the same machine',
    seen: `the engine ${engine}`,
    next: 'leave `again` out: the machine begins at power-on, or at its `state`',
  });
}

/** Few machines have one. */
async function startAnswers(): Promise<AnswerServer> {
  const { AnswerServer } = await import('../network/answer-server.js');
  return await AnswerServer.start();
}

/** What can be memoised does not start its engine before something new is asked of it. */
async function memoisedOr(
  engine: Engine,
  hardware: Hardware,
  context: EngineContext,
  options: { state: string | null; memoise: MemoiseOptions },
): Promise<EngineMachine> {
  const { memoisedMachine } = await import('../snapshots/memoise.js');
  const machine = await memoisedMachine(engine, hardware, context, options);
  return machine ?? (await started(engine, hardware, context, options.state));
}

/** @param state where it begins; null, as for most: at power-on */
async function started(
  engine: Engine,
  hardware: Hardware,
  context: EngineContext,
  state: string | null,
): Promise<EngineMachine> {
  if (state === null) return await engine.start(hardware, context);
  const { openState } = await import('../snapshots/state-reference.js');
  await using file = await openState(state, context.runDirectory);
  return await engine.start(hardware, { ...context, state: file.path });
}

/** Few machines are recorded. */
async function startRecording(
  folder: string | undefined,
  machine: { runDirectory: string; name: string; spec: MachineSpec },
): Promise<RecordingWriter> {
  const { RecordingWriter } = await import('../recordings/write.js');
  return await RecordingWriter.begin(folder, machine);
}

/** An engine that fails to end is reported by whoever disposes it again. */
function noted(error: unknown): void {
  if (!(error instanceof GuestwrightError)) throw error;
}
