/** Sweeps in a scenario: a step of the report, with what they found as attachments. */
import { test } from '@playwright/test';
import type { Machine } from '../../sdk/machine/types.js';
import type { PowerCutCheck, PowerCutOptions, PowerCutReport } from '../../sdk/sweeps/types.js';
import { knownMachine, rememberMachine } from '../fixtures/record.js';
import { withoutSteps } from '../fixtures/steps.js';

/** Many variants of one step, each in a fork of its own. */
export const sweep = {
  /**
   * Runs a step, cuts the power of its disk after many of its writes, and checks for every cut that a system recovers. See
   * docs/power-cuts.md. The report shows every cut; whether all have to recover is for the scenario to say:
   * `expect(report.failed).toEqual([])`.
   */
  async powerCut(machine: Machine, options: PowerCutOptions, check: PowerCutCheck): Promise<PowerCutReport> {
    const { powerCut, drawCuts, listCuts, wordSweep } = await import('../../sdk/sweeps/index.js');
    const known = knownMachine(machine);
    const info = test.info();
    return await test.step('Power-cut sweep', async (step) => {
      const report = await powerCut(machine, options, async (fork, cut) => {
        if (known !== undefined) rememberMachine({ ...known, machine: fork });
        // Hundreds of forks make thousands of steps; what each came to is in the list.
        await withoutSteps(async () => await check(fork, cut));
      });
      await step.attach(wordSweep(report), { body: drawCuts(report), contentType: 'image/svg+xml' });
      await step.attach('power cuts', { body: listCuts(report), contentType: 'text/plain' });
      info.annotations.push({ type: 'power cuts', description: wordSweep(report) });
      return report;
    });
  },
};
