/** Calls of a host's API, typed by its contract. Of the contract's code nothing is in the page. */
import type { CallName, Contracts } from '../../../server/api/contract.js';
import type { CallOf, HostTask, ResultOf } from '../../../server/api/client.js';

export type Task = HostTask;
export type MachineSummary = ResultOf<'listMachines'>[number];
export type MachineDetails = ResultOf<'describeMachine'>;
export type MachineState = MachineSummary['state'];
export type Snapshot = MachineDetails['snapshots'][number];
export type HostEvent = ResultOf<'searchEvents'>[number];
export type Image = ResultOf<'listImages'>[number];
export type Right = Contracts[CallName]['right'];

/** Checked against the contract: a route that changes there does not compile here. */
const ROUTES = {
  listMachines: ['GET', '/machines'],
  createMachine: ['POST', '/machines'],
  describeMachine: ['GET', '/machines/:name'],
  configureMachine: ['PATCH', '/machines/:name'],
  wouldRemove: ['GET', '/machines/:name/files'],
  deleteMachine: ['DELETE', '/machines/:name'],
  renameMachine: ['POST', '/machines/:name/rename'],
  cloneMachine: ['POST', '/machines/:name/clone'],
  startMachine: ['POST', '/machines/:name/start'],
  saveMachine: ['POST', '/machines/:name/save'],
  shutdownMachine: ['POST', '/machines/:name/shutdown'],
  commitChanges: ['POST', '/machines/:name/commit-changes'],
  discardChanges: ['POST', '/machines/:name/discard-changes'],
  powerOffMachine: ['POST', '/machines/:name/power-off'],
  discardState: ['POST', '/machines/:name/discard-state'],
  pauseMachine: ['POST', '/machines/:name/pause'],
  resumeMachine: ['POST', '/machines/:name/resume'],
  resetMachine: ['POST', '/machines/:name/reset'],
  takeSnapshot: ['POST', '/machines/:name/snapshots'],
  revertToSnapshot: ['POST', '/machines/:name/snapshots/:snapshot/revert'],
  removeSnapshot: ['DELETE', '/machines/:name/snapshots/:snapshot'],
  snapshotPicture: ['GET', '/machines/:name/snapshots/:snapshot/picture'],
  thumbnail: ['GET', '/machines/:name/thumbnail'],
  changeMedium: ['POST', '/machines/:name/medium'],
  handle: ['POST', '/machines/:name/input'],
  describeHost: ['GET', '/host'],
  listTasks: ['GET', '/tasks'],
  cancelTask: ['POST', '/tasks/:task/cancel'],
  describeTask: ['GET', '/tasks/:task'],
  searchEvents: ['GET', '/events'],
  listImages: ['GET', '/images'],
  makeTicket: ['POST', '/tickets'],
  whoAmI: ['GET', '/me'],
  describeControl: ['GET', '/machines/:name/control'],
  takeControl: ['POST', '/machines/:name/control'],
  releaseControl: ['DELETE', '/machines/:name/control'],
} as const satisfies { [N in CallName]?: readonly [Contracts[N]['method'], Contracts[N]['path']] };

export type PageCall = keyof typeof ROUTES;

/** What went wrong, in the host's words or the page's. */
export class CallFailed extends Error {
  constructor(
    /** HTTP status; 0: the host did not answer. */
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface AnyCall {
  params?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
}

/** @throws CallFailed */
export async function callHost<N extends PageCall>(
  { url, token }: { url: string; token: string },
  name: N,
  given: CallOf<N>,
  signal?: AbortSignal,
): Promise<ResultOf<N>> {
  const { params = {}, query = {}, body } = given as AnyCall;
  const [method, route] = ROUTES[name];
  const path = route.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
  const asked = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  const search = asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`;
  return (await request(url, { method, path: `${path}${search}`, token, body, signal })) as ResultOf<N>;
}

export interface Request {
  method: string;
  /** Below `/api/v1`. */
  path: string;
  /** Null: for those that sign in. */
  token: string | null;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** @throws CallFailed */
export async function request(url: string, { method, path, token, body, signal }: Request): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      redirect: 'error',
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new CallFailed(0, 'host-unreachable', `${url} does not answer, or does not answer this page.`);
  }
  const value: unknown = await answer.json().catch(() => null);
  if (answer.ok) return value;
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown };
  throw new CallFailed(
    answer.status,
    typeof code === 'string' ? code : 'unexpected',
    typeof message === 'string' ? message : `It answered with the status ${answer.status}.`,
  );
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
