/** A host's API over HTTP: on loopback, or with TLS. */
import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { AddressInfo } from 'node:net';
import cors from '@fastify/cors';
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
import { Access, type Caller } from './access.js';
import { Callers, LOOPBACK } from './callers.js';
import { isDeeperThan, MOST_DEPTH } from './depth.js';
import { HANDLERS, type Given } from './handlers.js';
import { corsFor } from './other-pages.js';
import { assertAllowed, wordNeeded } from './may-call.js';
import { Refusal } from './refusal.js';
import { SignIn } from './sign-in.js';
import { addSocket } from './socket-route.js';
import { SOCKETS, type SocketName } from './sockets.js';
import { servePages } from './pages.js';
import type { Tokens } from './tokens.js';

export const API = '/api/v1';

export interface ServeOptions {
  /** Default 127.0.0.1. Anything but loopback needs `tls`. */
  address: string;
  /** 0: any that is free. */
  port: number;
  tls: { cert: string; key: string } | null;
  /** Origins of pages of other hosts that may call this one; default: none. */
  pages?: readonly string[];
  /** Who may do what, where another server of the same host knows it already. */
  access?: Access;
}

export interface HostServer extends AsyncDisposable {
  url: string;
  access: Access;
}

/** Wrong tokens from one address in a minute, after which it has to wait. */
const WRONG_TOKENS = 20;
/** Calls of one address in a minute. */
const CALLS = 3000;

/** Between two looks for sessions that are over, whose WebSockets end. */
const SWEEP_MS = 30_000;

const failureSchema = z.object({ kind: z.string(), code: z.string(), message: z.string() });

/** @throws GuestwrightError `usage/tls-missing`, `usage/tls-invalid`, `usage/port-taken`, `usage/users-invalid` */
export async function serveHost(host: Host, tokens: Tokens, options: ServeOptions): Promise<HostServer> {
  const { address, port, tls, pages = [] } = options;
  if (!LOOPBACK.test(address) && tls === null) throw tlsMissing(address);
  if (tls !== null) assertTls(tls);
  const access = options.access ?? (await Access.open(host.folder, tokens));
  const app = await buildApi(host, access, { tls, isLocal: LOOPBACK.test(address), pages });
  try {
    await app.listen({ host: address, port });
  } catch (error) {
    await app.close();
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw portTaken(port);
    throw error;
  }
  const { port: given } = app.server.address() as AddressInfo;
  return {
    access,
    url: `${tls === null ? 'http' : 'https'}://${nameOf(address)}:${given}`,
    async [Symbol.asyncDispose]() {
      await app.close();
    },
  };
}

/** @param isLocal only names of this host may be used for it: no page of somebody else's can make its own name mean it */
export async function buildApi(
  host: Host,
  access: Access,
  { tls, isLocal, pages }: Pick<ServeOptions, 'tls'> & { isLocal: boolean; pages: readonly string[] },
): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    bodyLimit: 1 << 20,
    forceCloseConnections: true,
    // An address that cannot be read.
    frameworkErrors: (error, _request, reply) => answerError(error, reply),
    ...(tls === null ? {} : { https: tls }),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('preValidation', async ({ body }) => {
    if (isDeeperThan(body, MOST_DEPTH)) throw new Refusal(400, 'request-invalid', 'What was sent is nested too deep');
  });
  app.setErrorHandler((error, _request, reply) => answerError(error, reply));
  app.setNotFoundHandler(
    (_request, reply) =>
      void reply.code(404).send({ kind: 'usage', code: 'not-found', message: 'There is nothing at this address' }),
  );
  if (pages.length > 0) await app.register(cors, corsFor(pages));
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
  const callers = new Callers({
    access,
    isLocal,
    pages,
    onWrong: async (request) => {
      const limit = await wrong(request);
      return !limit.isAllowed && limit.isExceeded ? limit.ttlInSeconds : null;
    },
  });
  const parts = { host, access, callers, signIn: new SignIn(host, access) };
  for (const name of Object.keys(CONTRACTS) as CallName[]) addRoute(app, name, parts);
  app.get(`${API}/openapi.json`, { schema: { hide: true } }, async (request) => {
    await callers.ofCall(request);
    return app.swagger();
  });
  for (const name of Object.keys(SOCKETS) as SocketName[]) addSocket(app, API, name, parts);
  servePages(app);
  const sweep = setInterval(() => access.sessions.sweep(), SWEEP_MS);
  app.addHook('onClose', async () => clearInterval(sweep));
  await app.ready();
  return app;
}

interface Parts {
  host: Host;
  access: Access;
  callers: Callers;
  signIn: SignIn;
}

function addRoute(app: FastifyInstance, name: CallName, { host, access, callers, signIn }: Parts): void {
  const contract: Contract = CONTRACTS[name];
  const known = new WeakMap<FastifyRequest, Caller>();
  app.route({
    method: contract.method,
    url: `${API}${contract.path}`,
    schema: {
      operationId: name,
      summary: contract.summary,
      ...(contract.right === 'none' ? { security: [] } : {}),
      description: wordNeeded(contract, contract.path),
      ...(contract.params === undefined ? {} : { params: contract.params }),
      ...(contract.query === undefined ? {} : { querystring: contract.query }),
      ...(contract.body === undefined ? {} : { body: contract.body }),
      response: { 200: contract.result, '4xx': failureSchema, '5xx': failureSchema },
    },
    // Before what was sent is even looked at.
    onRequest: async (request) => {
      if (contract.right === 'none') {
        callers.assertPage(request);
        return;
      }
      const caller = await callers.ofCall(request);
      const { name: machine = null } = (request.params ?? {}) as { name?: string };
      assertAllowed(host, name, contract, caller, machine);
      known.set(request, caller);
    },
    handler: async (request) => {
      const caller = known.get(request) ?? null;
      if (caller === null && contract.right !== 'none')
        throw new Error('nobody is served without having been asked who it is');
      const { params, query, body, ip: address } = request;
      // Checked by the schemas of the same contract.
      const handler = HANDLERS[name] as (given: Given<unknown>) => unknown;
      return await handler({ host, access, signIn, caller, address, params, query, body } as Given<unknown>);
    },
  });
}

const STATUS: Readonly<Record<string, number>> = {
  'right-missing': 403,
  'task-not-cancellable': 409,
  'memory-budget': 409,
  'cpu-reservation': 409,
  'changes-missing': 409,
  'changes-pending': 409,
  'machine-unknown': 404,
  'snapshot-missing': 404,
  'snapshot-picture-missing': 404,
  'task-missing': 404,
  'token-missing': 404,
  'machine-exists': 409,
  'token-exists': 409,
  'user-missing': 404,
  'user-exists': 409,
  'name-taken': 409,
  'machine-running': 409,
  'machine-not-running': 409,
  'machine-not-saved': 409,
  'machine-saved': 409,
  'machine-busy': 409,
  'machine-in-use': 409,
  'control-held': 409,
};

function answerError(error: unknown, reply: FastifyReply): void {
  if (error instanceof Refusal) {
    if (error.retryAfter !== null) void reply.header('retry-after', error.retryAfter);
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

/** As others call it. */
function nameOf(address: string): string {
  if (address === '0.0.0.0' || address === '::') return hostname();
  return address.includes(':') ? `[${address}]` : address;
}

function assertTls({ cert, key }: { cert: string; key: string }): void {
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new GuestwrightError('The certificate and its key cannot be used', {
      kind: 'usage',
      code: 'tls-invalid',
      expected:
        'a certificate (with those between it and its authority after it) and the key that belongs to it, in PEM',
      seen: error instanceof Error ? error.message : String(error),
    });
  }
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
