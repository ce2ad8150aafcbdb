/** Playwright's `expect` with matchers for machines. All of them wait on the machine's own clock. */
import { expect as base } from '@playwright/test';
import { recorded } from './recorded.js';
import { toBePoweredOff } from './to-be-powered-off.js';
import { toHaveSerialOutput } from './to-have-serial-output.js';
import { toMatchGolden } from './to-match-golden.js';
import { toShowText } from './to-show-text.js';

export const expect = base.extend({
  toShowText: recorded(toShowText),
  toMatchGolden: recorded(toMatchGolden),
  toHaveSerialOutput: recorded(toHaveSerialOutput),
  toBePoweredOff: recorded(toBePoweredOff),
});
export type { ToBePoweredOffOptions } from './to-be-powered-off.js';
export type { ToHaveSerialOutputOptions } from './to-have-serial-output.js';
export type { ToMatchGoldenOptions } from './to-match-golden.js';
export type { ToShowTextOptions } from './to-show-text.js';
