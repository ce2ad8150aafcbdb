/** What the calls on control do. */
import { calls } from '../process/protocol.js';
import type { HandlersOf } from './handlers.js';

export const controlHandlers: HandlersOf<'describeControl' | 'takeControl' | 'releaseControl'> = {
  describeControl: ({ host, params }) => host.running(params.name).connection.call(calls.control),
  takeControl: ({ host, caller, params, body }) =>
    host.running(params.name).connection.call(calls.takeControl, { by: caller.name, ...body }),
  releaseControl: ({ host, caller, params, query }) =>
    host.running(params.name).connection.call(calls.releaseControl, { by: caller.name, ...query }),
};
