/** Attaches the run of a machine to its test's report. */
import path from 'node:path';
import type { TestInfo } from '@playwright/test';
import type { Machine } from '../../sdk/machine/types.js';
import { withoutSteps } from '../fixtures/steps.js';
import { RUN_ENDING, RUN_TYPE } from './format.js';
import { goldensOf } from './goldens.js';
import { watchedRun } from './watch.js';

/** Only where the guest can go on elsewhere. Never fails: what the test failed of matters more. */
export async function attachRun(testInfo: TestInfo, machine: Machine, failed: boolean): Promise<void> {
  if (watchedRun(machine) === undefined || machine.capabilities.determinism !== 'bit-exact') return;
  const name = machine.name.replaceAll(/[^\w.-]+/g, '-').replace(/^\.+/, '');
  const file = testInfo.outputPath(`${name === '' ? 'machine' : name}${RUN_ENDING}`);
  const errors = testInfo.errors.map(({ message, value }) => message ?? value ?? 'it failed');
  try {
    const { writeRun } = await import('./write-run.js');
    const test = {
      title: testInfo.titlePath.slice(1).join(' › '),
      error: failed ? errors.join('\n\n') || 'it failed' : null,
      goldens: await goldensOf(testInfo),
    };
    const isWritten = await withoutSteps(async () => await writeRun(machine, test, file));
    if (!isWritten) return;
    // `attach` would copy it to another place, and it is large.
    testInfo.attachments.push({ name: `${machine.name}: its run`, path: file, contentType: RUN_TYPE });
    const body = `npx guestwright show ${JSON.stringify(path.relative(process.cwd(), file))}\n`;
    await testInfo.attach(`${machine.name}: go on from here`, { body, contentType: 'text/plain' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await testInfo.attach(`${machine.name}: no file of its run`, { body: reason, contentType: 'text/plain' });
  }
}
