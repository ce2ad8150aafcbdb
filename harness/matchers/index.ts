/** Playwright's `expect` with matchers for machines. All of them wait on the machine's own clock. */
import { expect as base } from '@playwright/test';
import { recorded } from './recorded.js';
import { toBePoweredOff } from './to-be-powered-off.js';
import { toHaveSerialOutput } from './to-have-serial-output.js';
import { toMatchGolden } from './to-match-golden.js';
import { toShowOneOf } from './to-show-one-of.js';
import { toShowText } from './to-show-text.js';
import { toBeStable } from './to-be-stable.js';
import { toContainGolden } from './to-contain-golden.js';
import { toHaveChanged } from './to-have-changed.js';

export const expect = base.extend({
  toShowText: recorded(toShowText),
  toMatchGolden: recorded(toMatchGolden),
  toContainGolden: recorded(toContainGolden),
  toShowOneOf: recorded(toShowOneOf),
  toBeStable: recorded(toBeStable),
  toHaveChanged: recorded(toHaveChanged),
  toHaveSerialOutput: recorded(toHaveSerialOutput),
  toBePoweredOff: recorded(toBePoweredOff),
});
export type { ToBePoweredOffOptions } from './to-be-powered-off.js';
export type { ToBeStableOptions } from './to-be-stable.js';
export type { ToContainGoldenOptions } from './to-contain-golden.js';
export type { ToHaveChangedOptions } from './to-have-changed.js';
export type { ToShowOneOfOptions } from './to-show-one-of.js';
export type { ToHaveSerialOutputOptions } from './to-have-serial-output.js';
export type { ToMatchGoldenOptions } from './to-match-golden.js';
export type { ToShowTextOptions } from './to-show-text.js';
