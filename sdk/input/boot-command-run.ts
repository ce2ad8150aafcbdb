/** Carries out a boot command, and says at which of its steps it stopped. */
import { GuestwrightError } from '../errors.js';
import type { BootAction, BootMistake, BootStep } from './boot-command.js';
import type { KeyCode } from './keycodes.js';

/** What a boot command needs of its machine. */
export interface BootDevices {
  type(text: string): Promise<void>;
  press(codes: readonly KeyCode[]): Promise<void>;
  hold(code: KeyCode): Promise<void>;
  release(code: KeyCode): Promise<void>;
  /** @param ms guest ms */
  wait(ms: number): Promise<void>;
  waitForText(pattern: RegExp, timeout: number | null): Promise<void>;
  waitForStable(timeout: number | null): Promise<void>;
}

/**
 * @param options.secret what the command types is in no error
 * @throws GuestwrightError what a step failed of, with the step's place and source before it
 */
export async function runBootCommand(
  steps: readonly BootStep[],
  devices: BootDevices,
  options: { secret: boolean },
): Promise<void> {
  for (const step of steps) {
    try {
      await runAction(step.action, devices);
    } catch (error) {
      throw error instanceof GuestwrightError ? stoppedAt(step, error, options.secret) : error;
    }
  }
}

async function runAction(action: BootAction, devices: BootDevices): Promise<void> {
  switch (action.kind) {
    case 'text':
      await devices.type(action.text);
      return;
    case 'press':
      await devices.press(action.codes);
      return;
    case 'hold':
      for (const code of action.codes) await devices.hold(code);
      return;
    case 'release':
      for (const code of action.codes) await devices.release(code);
      return;
    case 'wait':
      await devices.wait(action.ms);
      return;
    case 'wait-text':
      await devices.waitForText(action.pattern, action.timeout);
      return;
    case 'wait-stable':
      await devices.waitForStable(action.timeout);
      return;
  }
}

function stoppedAt({ column, source, action }: BootStep, error: GuestwrightError, secret: boolean): GuestwrightError {
  const { failure } = error;
  if (secret && action.kind === 'wait-text') {
    // The words of this failure, and of its cause, quote the expression.
    return new GuestwrightError(`A wait of a secret boot command failed (column ${column})`, {
      kind: failure.kind,
      code: failure.code,
    });
  }
  const [summary = ''] = error.message.split('\n');
  const place = `column ${column} of the boot command${secret ? '' : `, ${source}`}`;
  return new GuestwrightError(`${summary} (${place})`, failure, { cause: error });
}

/** @param secret the command is in no error */
export function commandInvalid({ column, source, expected, nearest }: BootMistake, secret: boolean): GuestwrightError {
  const meant = nearest.length === 0 ? undefined : `did you mean ${nearest.join(' or ')}?`;
  return new GuestwrightError(`The boot command is not valid at column ${column}`, {
    kind: 'usage',
    code: 'boot-command-invalid',
    expected,
    ...(secret ? {} : { seen: source, ...(meant === undefined ? {} : { next: meant }) }),
  });
}
