/** The reset button. */
import { nothing, type QmpClient } from './qmp.js';

/**
 * Resets a machine that stands, whatever a reset of the guest's own does (see `-action` in the command line). The command
 * only asks for it; going on is refused until it has happened, and it has when this resolves.
 */
export async function reset(qmp: QmpClient): Promise<void> {
  const done = qmp.nextEvent('RESET');
  await qmp.execute('set-action', { reboot: 'reset' }, nothing);
  await qmp.execute('system_reset', {}, nothing);
  await qmp.execute('set-action', { reboot: 'shutdown' }, nothing);
  await done;
}
