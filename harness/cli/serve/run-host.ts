/** The daemon, until it is told to end. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { sha256 } from '../../../sdk/images/files.js';
import { parsePort } from '../../live/server.js';
import { LOOPBACK } from '../../server/api/callers.js';
import { parseOrigin } from '../../server/api/other-pages.js';
import { serveHost, type ServeOptions } from '../../server/api/serve.js';
import { Tokens } from '../../server/api/tokens.js';
import { AllowedFiles } from '../../server/host/allowed-files.js';
import { defaultHostFolder, writeReach } from '../../server/host/default-folder.js';
import { parseBytes } from '../../server/host/memory-budget.js';
import { Hooks } from '../../server/host/hooks/hooks.js';
import { Host } from '../../server/host/host.js';

export interface HostFlags {
  folder?: string;
  address: string;
  port?: string;
  tlsCert?: string;
  tlsKey?: string;
  memory?: string;
  allowPage: string[];
  imagesFrom: string[];
}

export async function runHost(flags: HostFlags): Promise<void> {
  const { folder = defaultHostFolder(), address } = flags;
  const port = flags.port === undefined ? 0 : parsePort(flags.port);
  const tls = await readTls(flags);
  const memory = flags.memory === undefined ? {} : { memoryBudget: parseBytes(flags.memory, '--memory') };
  const pages = flags.allowPage.map(parseOrigin);
  const files = await filesFor(flags);
  const told = endTold();
  await using host = await Host.open(folder, { ...memory, files });
  await using hooks = await Hooks.open(folder, host.events);
  const reread = (): void => void hooks.reread();
  process.on('SIGHUP', reread);
  const tokens = await Tokens.open(join(folder, 'tokens.json'));
  await using server = await serveHost(host, tokens, { address, port, tls, pages });
  const token = await tokens.renewLocal();
  // No certificate is for this computer's own commands: they come over loopback, as they do without TLS.
  const loopback = { address: '127.0.0.1', port: 0, tls: null, access: server.access };
  await using own = tls === null ? null : await serveHost(host, tokens, loopback);
  await writeReach(folder, { url: (own ?? server).url, token });
  const machines = host.list();
  const running = machines.filter(({ state }) => state !== 'turned-off' && state !== 'saved');
  say(`${folder} is served at ${server.url}: ${machines.length} machines, ${running.length} of them running.`);
  if (files.folders !== null) say(`Files of machines: ${['their own folders', ...files.folders].join(', ')}.`);
  say(`Sign in, within a minute: ${server.url}/#code=${server.access.codes.issue(sha256(token))}`);
  const starting = host.autostart();
  await told;
  say('Ending; machines are saved, or what their settings say.');
  await host.quit();
  await starting;
  process.off('SIGHUP', reread);
}

/** Who reaches it from elsewhere reads no file of this host, unless told so. */
async function filesFor({ address, imagesFrom }: HostFlags): Promise<AllowedFiles> {
  if (imagesFrom.length === 0 && LOOPBACK.test(address)) return AllowedFiles.any();
  return await AllowedFiles.in(imagesFrom);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function endTold(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

async function readTls({ tlsCert, tlsKey }: HostFlags): Promise<ServeOptions['tls']> {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new GuestwrightError('A certificate and its key go together', {
      kind: 'usage',
      code: 'tls-missing',
      expected: '--tls-cert and --tls-key',
      seen: tlsCert === undefined ? '--tls-key' : '--tls-cert',
    });
  }
  return { cert: await readPem(tlsCert), key: await readPem(tlsKey) };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new GuestwrightError(`${file} cannot be read`, {
      kind: 'usage',
      code: 'file-missing',
      expected: 'a PEM file',
      seen: error instanceof Error ? error.message : String(error),
    });
  }
}
