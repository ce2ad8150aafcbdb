/** The contract's types that the page uses. */
export type { AdvanceResult, GuestTime, Input, StateHash } from '../../../sdk/engines/engine.js';
export type { ScreenContent as ScreenAnswer } from '../../../sdk/screen/content.js';
