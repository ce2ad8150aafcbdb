/** Waiting where not getting what one waits for is an answer. */
import type { MachinePort } from './port.js';
import type { WaitRequest } from './types.js';

/** `clock.waitUntil`, giving `undefined` at the time-out. Everything else that ends a wait is thrown as it is. */
export async function waitWithin<T>(
  port: MachinePort,
  request: Omit<WaitRequest<T>, 'onTimeout'> & { timeout: number },
): Promise<T | undefined> {
  const late = new Error(`no ${request.what} yet`);
  try {
    return await port.clock.waitUntil({ ...request, mayTimeOut: true, onTimeout: () => late });
  } catch (error) {
    if (error === late) return undefined;
    throw error;
  }
}
