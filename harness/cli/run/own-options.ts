/** The options of `guestwright run` that are not Playwright's. */
import { randomInt } from 'node:crypto';
import { GuestwrightError } from '../../../sdk/errors.js';
import { CHECKPOINTS_VARIABLE, FROM_VARIABLE } from '../../fixtures/checkpoint-use.js';
import { MEMOISE_VARIABLE } from '../../fixtures/memoised.js';
import { PAUSE_VARIABLE, type PauseMode } from '../../pause/mode.js';
import { parseSeed, SEED_VARIABLE } from '../../fixtures/random.js';

export interface OwnOptions {
  /** How the workers are told. */
  env: Record<string, string>;
  /** Playwright's arguments, as they are. */
  rest: string[];
}

/** @throws GuestwrightError `usage/option-value-missing`, `usage/options-contradict`, `usage/seed-invalid` */
export function takeOwnOptions(args: readonly string[]): OwnOptions {
  const end = args.indexOf('--');
  const [ours, after] = end === -1 ? [args, []] : [args.slice(0, end), args.slice(end)];
  const env: Record<string, string> = {};
  const rest: string[] = [];
  const pause = (mode: PauseMode): void => {
    env[PAUSE_VARIABLE] = mode;
    // Nobody looks at two tests at once, and what was looked at is not run again.
    rest.push('--workers=1', '--retries=0', ...(mode === 'actions' ? ['--timeout=0'] : []));
  };
  for (let i = 0; i < ours.length; i++) {
    const argument = ours[i] ?? '';
    if (argument === '--no-memoise') env[MEMOISE_VARIABLE] = 'off';
    else if (argument === '--no-checkpoints') env[CHECKPOINTS_VARIABLE] = 'off';
    else if (argument === '--pause-on-failure') pause('failure');
    else if (argument === '--debug') pause('actions');
    else if (argument === '--seed') env[SEED_VARIABLE] = seed(ours[++i]);
    else if (argument.startsWith('--seed=')) env[SEED_VARIABLE] = seed(argument.slice('--seed='.length));
    else if (argument === '--from') env[FROM_VARIABLE] = checkpointName(ours[++i]);
    else if (argument.startsWith('--from=')) env[FROM_VARIABLE] = checkpointName(argument.slice('--from='.length));
    else rest.push(argument);
  }
  if (CHECKPOINTS_VARIABLE in env && FROM_VARIABLE in env) throw contradiction();
  return { env, rest: [...rest, ...after] };
}

function checkpointName(value: string | undefined): string {
  if (value !== undefined && value !== '' && !value.startsWith('-')) return value;
  throw new GuestwrightError('--from needs the name of a checkpoint', {
    kind: 'usage',
    code: 'option-value-missing',
    expected: "a name that a scenario gives to checkpoint('…', …)",
    seen: value === undefined || value === '' ? 'nothing after it' : value,
    next: "guestwright run --from 'partitioned'",
  });
}

/** `random`: one that all workers of this run share. */
function seed(value: string | undefined): string {
  return value === 'random' ? String(randomInt(2 ** 32)) : String(parseSeed(value ?? ''));
}

function contradiction(): GuestwrightError {
  return new GuestwrightError('--from and --no-checkpoints contradict each other', {
    kind: 'usage',
    code: 'options-contradict',
    expected: 'one of them',
    next: '--no-checkpoints runs everything, --from goes on from a checkpoint that is stored',
  });
}
