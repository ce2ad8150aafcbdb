/** Playwright's `defineConfig` with what suits machines. */
import {
  defineConfig as playwrightConfig,
  type PlaywrightTestConfig,
  type ReporterDescription,
} from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { GuestwrightError } from '../../sdk/errors.js';
import type { GuestwrightOptions } from '../fixtures/options.js';

export type GuestwrightConfig = PlaywrightTestConfig<GuestwrightOptions>;

/** Wall ms for a whole scenario. Boots and waits count guest time and have limits of their own. */
export const SCENARIO_TIMEOUT_MS = 600_000;
/** How long matchers wait: ms of guest time where the engine owns the clock. */
export const EXPECT_TIMEOUT_MS = 30_000;

/** The reporter that counts failures by their kind and writes `reports/summary.json`. */
export const SUMMARY_REPORTER = fileURLToPath(new URL('../reporters/summary.js', import.meta.url));
/** The reporter that splits tests between shards by how long they take, and writes `reports/durations.json`. */
export const SHARDS_REPORTER = fileURLToPath(new URL('../reporters/shards.js', import.meta.url));

const REPORTERS: ReporterDescription[] = [
  ['list'],
  ['html', { outputFolder: 'reports/html', open: 'never' }],
  [SUMMARY_REPORTER, { outputFile: 'reports/summary.json', htmlReport: 'reports/html' }],
  [SHARDS_REPORTER],
];

/**
 * A configuration for scenarios: files `*.spec.ts` in `scenarios/`, two workers, reports in `reports/`, time-outs that
 * suit a booting machine. Whatever is given wins over these defaults.
 *
 * Projects come from `defineGuests`. @throws GuestwrightError `usage/projects-invalid` when two have one name
 */
export function defineConfig(config: GuestwrightConfig = {}): GuestwrightConfig {
  checkProjectNames(config);
  return playwrightConfig<GuestwrightOptions>({
    testDir: 'scenarios',
    outputDir: 'reports/results',
    timeout: SCENARIO_TIMEOUT_MS,
    workers: 2,
    ...config,
    reporter: config.reporter ?? REPORTERS,
    expect: { timeout: EXPECT_TIMEOUT_MS, ...config.expect },
  });
}

/** Two tables can be joined in one config, and then share a name. Playwright would number them silently. */
function checkProjectNames({ projects = [] }: GuestwrightConfig): void {
  const names = projects.map(({ name }) => name ?? '');
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length === 0) return;
  throw new GuestwrightError('Two projects of the config have the same name', {
    kind: 'usage',
    code: 'projects-invalid',
    seen: [...new Set(twice)].map((name) => `"${name}"`).join(', '),
    next: 'rename one of the guests: a project is named <guest>-<engine>',
  });
}
