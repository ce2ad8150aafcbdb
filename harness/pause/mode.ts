/** When a run pauses its tests, and how its workers are told. */

/** Set by `guestwright run --pause-on-failure` and `--debug`. */
export const PAUSE_VARIABLE = 'GUESTWRIGHT_PAUSE';

/** `failure`: where a test has failed. `actions`: there, and before every action of a machine. */
export type PauseMode = 'never' | 'failure' | 'actions';

export function pauseMode(value = process.env[PAUSE_VARIABLE]): PauseMode {
  return value === 'failure' || value === 'actions' ? value : 'never';
}
