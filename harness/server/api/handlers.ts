/** What each call of the API does. Whether the caller may was decided before; what lists show is cut to it here. */
import type { z } from 'zod';
import type { Host } from '../host/host.js';
import { snapshotPicture } from '../machines/snapshots.js';
import { packageVersion } from '../../cli/version.js';
import type { CallName, Contracts } from './contract.js';
import type { Access, Caller } from './access.js';
import { bootableImages } from './images.js';
import { assertGainsNothing } from './may-call.js';
import { may, rightMissing } from './rights.js';
import type { SignIn } from './sign-in.js';
import { ACCESS_HANDLERS } from './access-handlers.js';
import { controlHandlers } from './control-handlers.js';

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
type Part<C, K extends string> = C extends Record<K, infer S> ? Output<S> : undefined;

export interface Given<C> {
  host: Host;
  access: Access;
  signIn: SignIn;
  /** Null only where nobody is asked who it is. */
  caller: C extends { right: 'none' } ? null : Caller;
  /** Of who calls, as far as the network says. */
  address: string;
  params: Part<C, 'params'>;
  query: Part<C, 'query'>;
  body: Part<C, 'body'>;
}

export type Handler<C extends { result: z.ZodType }> = (
  given: Given<C>,
) => Promise<z.output<C['result']>> | z.output<C['result']>;

const mayRead = ({ grants }: Caller, machine: string | null): boolean => may(grants, 'read', machine);

async function nothing(work: Promise<unknown>): Promise<null> {
  await work;
  return null;
}

export type HandlersOf<Names extends CallName> = { [N in Names]: Handler<Contracts[N]> };

export const HANDLERS: HandlersOf<CallName> = {
  describeHost: async ({ host, caller }) => {
    const { machines, ...status } = await host.status();
    const running = machines.filter(({ isRunning }) => isRunning).length;
    const uses = machines.filter(({ name }) => mayRead(caller, name));
    return { ...status, version: packageVersion(), machines: { running, total: machines.length }, uses };
  },
  listMachines: ({ host, caller }) => host.list().filter(({ name }) => mayRead(caller, name)),
  createMachine: ({ host, caller, body }) => nothing(host.create(body, caller.name)),
  registerMachine: async ({ host, caller, body }) => ({ name: await host.register(body.folder, caller.name) }),
  describeMachine: ({ host, params }) => host.details(params.name),
  configureMachine: ({ host, caller, params, body }) => nothing(host.configure(params.name, body, caller.name)),
  wouldRemove: ({ host, params }) => host.wouldRemove(params.name),
  deleteMachine: ({ host, caller, params }) => nothing(host.delete(params.name, caller.name)),
  unregisterMachine: ({ host, caller, params }) => nothing(host.unregister(params.name, caller.name)),
  renameMachine: ({ host, caller, params, body }) => {
    assertGainsNothing(host, caller, params.name, body.to);
    return nothing(host.rename(params.name, body.to, caller.name));
  },
  cloneMachine: ({ host, caller, params, body }) => {
    assertGainsNothing(host, caller, params.name, body.to);
    return host.clone(params.name, body.to, caller.name, body);
  },
  commitChanges: ({ host, caller, params }) => host.commitChanges(params.name, caller.name),
  discardChanges: ({ host, caller, params }) => nothing(host.discardChanges(params.name, caller.name)),
  startMachine: ({ host, caller, params }) => host.start(params.name, caller.name),
  saveMachine: ({ host, caller, params }) => host.saveState(params.name, caller.name),
  shutdownMachine: ({ host, caller, params, body }) => host.shutdown(params.name, body.limit * 1000, caller.name),
  powerOffMachine: ({ host, caller, params }) => host.powerOff(params.name, caller.name),
  discardState: ({ host, caller, params }) => nothing(host.discardState(params.name, caller.name)),
  pauseMachine: ({ host, caller, params }) => nothing(host.pause(params.name, caller.name)),
  resumeMachine: ({ host, caller, params }) => nothing(host.resume(params.name, caller.name)),
  resetMachine: ({ host, caller, params }) => nothing(host.reset(params.name, caller.name)),
  takeSnapshot: ({ host, caller, params, body }) => host.snapshot(params.name, body.name, caller.name),
  revertToSnapshot: ({ host, caller, params }) => host.revert(params.name, params.snapshot, caller.name),
  removeSnapshot: ({ host, caller, params }) => nothing(host.removeSnapshot(params.name, params.snapshot, caller.name)),
  snapshotPicture: async ({ host, params }) => {
    const { folder } = await host.details(params.name);
    return { png: await snapshotPicture(folder, params.snapshot) };
  },
  thumbnail: ({ host, params, query }) => host.thumbnail(params.name, query),
  listImages: () => bootableImages(),
  look: ({ host, params }) => host.look(params.name),
  changeMedium: ({ host, caller, params, body }) => nothing(host.insert(params.name, body, caller.name)),
  handle: ({ host, caller, params, body, query }) => nothing(host.handle(params.name, body, caller.name, query)),
  ...controlHandlers,
  listTasks: ({ host, caller }) => host.tasks.list().filter(({ machine }) => mayRead(caller, machine)),
  describeTask: async ({ host, caller, params, query }) => {
    const { machine } = host.tasks.get(params.task);
    if (!mayRead(caller, machine)) return host.tasks.missing(params.task);
    return await host.tasks.endedWithin(params.task, query.wait * 1000);
  },
  cancelTask: async ({ host, caller, params }) => {
    const { machine } = host.tasks.get(params.task);
    if (!mayRead(caller, machine)) return host.tasks.missing(params.task);
    if (!may(caller.grants, 'execute', machine)) throw rightMissing(caller.name, 'execute');
    return await host.cancel(params.task, caller.name);
  },
  searchEvents: ({ host, caller, query }) =>
    host.events.search(query).filter(({ machine }) => mayRead(caller, machine)),
  ...ACCESS_HANDLERS,
};
