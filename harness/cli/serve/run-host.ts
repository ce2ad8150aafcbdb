/** The daemon, until it is told to end. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { parsePort } from '../../live/server.js';
import { serveHost, type ServeOptions } from '../../server/api/serve.js';
import { Tokens } from '../../server/api/tokens.js';
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
}

export async function runHost(flags: HostFlags): Promise<void> {
  const { folder = defaultHostFolder(), address } = flags;
  const port = flags.port === undefined ? 0 : parsePort(flags.port);
  const tls = await readTls(flags);
  const memory = flags.memory === undefined ? {} : { memoryBudget: parseBytes(flags.memory, '--memory') };
  const told = endTold();
  await using host = await Host.open(folder, memory);
  await using hooks = await Hooks.open(folder, host.events);
  const reread = (): void => void hooks.reread();
  process.on('SIGHUP', reread);
  const tokens = await Tokens.open(join(folder, 'tokens.json'));
  await using server = await serveHost(host, tokens, { address, port, tls });
  await writeReach(folder, { url: server.url, token: await tokens.renewLocal() });
  const machines = host.list();
  const running = machines.filter(({ state }) => state !== 'turned-off' && state !== 'saved');
  say(`${folder} is served at ${server.url}: ${machines.length} machines, ${running.length} of them running.`);
  const starting = host.autostart();
  await told;
  say('Ending; machines are saved, or what their settings say.');
  await host.quit();
  await starting;
  process.off('SIGHUP', reread);
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
