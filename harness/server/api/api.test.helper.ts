/** A host with its API, in a folder of its own, over real sockets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { Host } from '../host/host.js';
import { HostClient } from './client.js';
import { ALL_GRANTS, type Grants } from './rights.js';
import { serveHost, type HostServer, type ServeOptions } from './serve.js';
import { Tokens } from './tokens.js';

export interface TestApi extends AsyncDisposable {
  folder: string;
  host: Host;
  tokens: Tokens;
  server: HostServer;
  /** With every right. */
  all: HostClient;
  /** A token with these rights, which may be made anew. */
  token(grants: Grants, name?: string): Promise<string>;
  /** What came of opening one: `open`, or the HTTP status of the refusal. */
  socket(path: string, headers?: Record<string, string>): Promise<{ outcome: string; socket: WebSocket }>;
}

export const NO_GRANTS: Grants = { host: [], machines: {} };
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export async function openTestApi(options: Partial<ServeOptions> = {}): Promise<TestApi> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-test-api-'));
  await writeFile(join(folder, 'typewriter.img'), typewriter());
  const host = await Host.open(join(folder, 'host'));
  const tokens = await Tokens.open(join(folder, 'host', 'tokens.json'));
  const server = await serveHost(host, tokens, { address: '127.0.0.1', port: 0, tls: null, ...options });
  const all = new HostClient(server.url, await tokens.make('all', ALL_GRANTS));
  return {
    folder,
    host,
    tokens,
    server,
    all,
    token: async (grants, name = 'some') => {
      if (tokens.list().some((one) => one.name === name)) await tokens.revoke(name);
      return await tokens.make(name, grants);
    },
    socket: async (path, headers = {}) => {
      const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}/api/v1${path}`, { headers });
      const outcome = await new Promise<string>((resolve) => {
        socket.once('open', () => resolve('open'));
        socket.once('error', ({ message }) => resolve(/\d{3}/.exec(message)?.[0] ?? message));
      });
      return { outcome, socket };
    },
    async [Symbol.asyncDispose]() {
      await host.quit();
      await server[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
