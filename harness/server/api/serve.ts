/** A host's API over HTTP: on loopback, or with TLS. */
import type { AddressInfo } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { portTaken } from '../../live/server.js';
import { toldFailure } from '../machines/told-failure.js';
import type { Host } from '../host/host.js';
import { CONTRACTS, type CallName, type Contract } from './contract.js';
import { HANDLERS, type Caller, type Given } from './handlers.js';
import { may } from './rights.js';
import type { Tokens } from './tokens.js';

export const API = '/api/v1';

export interface ServeOptions {
  /** Default 127.0.0.1. Anything but loopback needs `tls`. */
  address: string;
  /** 0: any that is free. */
  port: number;
  tls: { cert: string; key: string } | null;
}

export interface HostServer extends AsyncDisposable {
  url: string;
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Wrong tokens from one address in a minute, after which it has to wait. */
const WRONG_TOKENS = 20;
/** Calls of one address in a minute. */
const CALLS = 3000;

const failureSchema = z.object({ kind: z.string(), code: z.string(), message: z.string() });

/** @throws GuestwrightError `usage/tls-missing`, `usage/port-taken` */
export async function serveHost(host: Host, tokens: Tokens, options: ServeOptions): Promise<HostServer> {
  const { address, port, tls } = options;
  if (!LOOPBACK.test(address) && tls === null) throw tlsMissing(address);
  const app = await buildApi(host, tokens, { tls, isLocal: LOOPBACK.test(address) });
  try {
    await app.listen({ host: address, port });
  } catch (error) {
    await app.close();
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw portTaken(port);
    throw error;
  }
  const { port: given } = app.server.address() as AddressInfo;
  return {
    url: `${tls === null ? 'http' : 'https'}://${address.includes(':') ? `[${address}]` : address}:${given}`,
    async [Symbol.asyncDispose]() {
      await app.close();
    },
  };
}

/** @param isLocal only names of this host may be used for it: no page of somebody else's can make its own name mean it */
export async function buildApi(
  host: Host,
  tokens: Tokens,
  { tls, isLocal }: { tls: ServeOptions['tls']; isLocal: boolean },
): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    bodyLimit: 1 << 20,
    forceCloseConnections: true,
    ...(tls === null ? {} : { https: tls }),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, _request, reply) => answerError(error, reply));
  app.setNotFoundHandler(
    (_request, reply) =>
      void reply.code(404).send({ kind: 'usage', code: 'not-found', message: 'There is nothing at this address' }),
  );
  await app.register(rateLimit, { max: CALLS, timeWindow: '1 minute' });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Guestwright host', version: '1', description: 'Machines that live on a host.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(websocket, { options: { maxPayload: 64 * 1024 } });
  const wrong = app.createRateLimit({
    max: WRONG_TOKENS,
    timeWindow: '1 minute',
    keyGenerator: ({ ip }) => `wrong ${ip}`,
  });
  const callerOf = async (request: FastifyRequest): Promise<Caller> => {
    if (isLocal && !LOOPBACK.test(hostName(request.headers.host)))
      throw refused('host-name-refused', 403, 'This host is reached by its own names only');
    // Browsers say where a page came from. None of ours does this with another's token.
    const { origin } = request.headers;
    if (origin !== undefined && originName(origin) !== hostName(request.headers.host)) {
      throw refused('origin-refused', 403, 'Pages of other sites get no answer');
    }
    const holder = tokens.holder(/^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    if (holder !== null) return holder;
    const { isAllowed, ...limit } = await wrong(request);
    if (!isAllowed && 'isExceeded' in limit && limit.isExceeded)
      throw refused('too-many-tries', 429, 'Too many wrong tokens: wait a minute');
    throw refused('token-wrong', 401, 'A token of this host is needed: Authorization: Bearer TOKEN');
  };
  const isCaller = async (request: FastifyRequest): Promise<void> => {
    await callerOf(request);
  };
  for (const name of Object.keys(CONTRACTS) as CallName[]) addRoute(app, name, { host, tokens, callerOf });
  app.get(`${API}/openapi.json`, { schema: { hide: true } }, async (request) => {
    await callerOf(request);
    return app.swagger();
  });
  app.get(
    `${API}/events/stream`,
    { websocket: true, schema: { hide: true }, preValidation: isCaller },
    async (socket, request) => {
      const caller = await callerOf(request);
      const stop = host.events.follow((event) => {
        if (may(caller.grants, 'read', event.machine)) socket.send(JSON.stringify(event));
      });
      socket.on('close', stop);
      socket.on('error', () => socket.terminate());
    },
  );
  await app.ready();
  return app;
}

interface Parts {
  host: Host;
  tokens: Tokens;
  callerOf: (request: FastifyRequest) => Promise<Caller>;
}

function addRoute(app: FastifyInstance, name: CallName, { host, tokens, callerOf }: Parts): void {
  const contract: Contract = CONTRACTS[name];
  const callers = new WeakMap<FastifyRequest, Caller>();
  app.route({
    method: contract.method,
    url: `${API}${contract.path}`,
    schema: {
      operationId: name,
      summary: contract.summary,
      description: `Needs the right \`${contract.right}\` on ${placeOf(contract)}.`,
      ...(contract.params === undefined ? {} : { params: contract.params }),
      ...(contract.query === undefined ? {} : { querystring: contract.query }),
      ...(contract.body === undefined ? {} : { body: contract.body }),
      response: { 200: contract.result, '4xx': failureSchema, '5xx': failureSchema },
    },
    // Before what was sent is even looked at.
    onRequest: async (request) => {
      const caller = await callerOf(request);
      const { name: machine = null } = (request.params ?? {}) as { name?: string };
      if (!mayCall(contract, caller, machine)) {
        host.events.add({ machine, kind: 'refused', by: caller.name, detail: `${name} needs ${contract.right}` });
        throw refused('right-missing', 403, `The token ${caller.name} has not the right ${contract.right}`);
      }
      callers.set(request, caller);
    },
    handler: async (request) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error('nobody is served without having been asked who it is');
      const { params, query, body } = request;
      // Checked by the schemas of the same contract.
      const handler = HANDLERS[name] as (given: Given<unknown>) => unknown;
      return await handler({ host, tokens, caller, params, query, body } as Given<unknown>);
    },
  });
}

function placeOf({ path, onMachineOf }: Contract): string {
  if (onMachineOf !== undefined) return `the machine of the ${onMachineOf}`;
  return path.includes(':name') ? 'the machine' : 'the host';
}

/** Lists are cut to what the caller may read: for them it is enough to have a token. */
function mayCall({ right, path, method, onMachineOf }: Contract, { grants }: Caller, machine: string | null): boolean {
  if (onMachineOf !== undefined) return true;
  if (path === '/host') return may(grants, right, null);
  if (method === 'GET' && right === 'read' && machine === null && !path.startsWith('/tokens')) return true;
  return may(grants, right, machine);
}

function hostName(host: string | undefined): string {
  return (host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** Null: no site's, as of a file. */
function originName(origin: string): string | null {
  return URL.canParse(origin) ? hostName(new URL(origin).host) : null;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const refused = (code: string, status: number, message: string): Refusal => new Refusal(status, code, message);

const STATUS: Readonly<Record<string, number>> = {
  'right-missing': 403,
  'task-not-cancellable': 409,
  'memory-budget': 409,
  'cpu-reservation': 409,
  'changes-missing': 409,
  'changes-pending': 409,
  'machine-unknown': 404,
  'snapshot-missing': 404,
  'task-missing': 404,
  'token-missing': 404,
  'machine-exists': 409,
  'token-exists': 409,
  'machine-running': 409,
  'machine-not-running': 409,
  'machine-not-saved': 409,
  'machine-saved': 409,
  'machine-busy': 409,
  'machine-in-use': 409,
};

function answerError(error: unknown, reply: FastifyReply): void {
  if (error instanceof Refusal) {
    void reply.code(error.status).send({ kind: 'usage', code: error.code, message: error.message });
    return;
  }
  if (error instanceof GuestwrightError) {
    const status = STATUS[error.code] ?? (error.kind === 'usage' ? 400 : 500);
    void reply.code(status).send(toldFailure(error));
    return;
  }
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string };
  const isOurs = statusCode >= 500;
  void reply.code(statusCode).send({
    kind: isOurs ? 'infrastructure' : 'usage',
    code: isOurs ? 'unexpected' : statusCode === 429 ? 'too-many-calls' : 'request-invalid',
    message,
  });
}

function tlsMissing(address: string): GuestwrightError {
  return new GuestwrightError(`Nobody is served at ${address} without TLS`, {
    kind: 'usage',
    code: 'tls-missing',
    expected: 'a certificate and its key, or a loopback address',
    seen: address,
    next: 'give --tls-cert and --tls-key, or leave --address out',
  });
}
