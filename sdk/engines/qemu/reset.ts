/** The reset button. */
import { nothing, type QmpClient } from './qmp.js';

/**
 * Resets a machine, whatever a reset of the guest's own does (see `-action` in the command line). The command only asks for
 * it; going on is refused until it has happened, and it has when this resolves. The machine stands then, and does not run
 * before it is let: the firmware soon resets it once more, and going on from that is refused too.
 */
export async function reset(qmp: Pick<QmpClient, 'execute' | 'nextEvent'>): Promise<void> {
  await qmp.execute('stop', {}, nothing);
  const done = qmp.nextEvent('RESET');
  await qmp.execute('set-action', { reboot: 'reset' }, nothing);
  await qmp.execute('system_reset', {}, nothing);
  await qmp.execute('set-action', { reboot: 'shutdown' }, nothing);
  await done;
}
