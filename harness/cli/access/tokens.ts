/** What `guestwright token` does with a host, and prints of it. */
import type { HostClient } from '../../server/api/client.js';
import { parseGrants, wordGrants } from './grants.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function listTokens(client: HostClient, { json }: { json?: boolean }): Promise<void> {
  const tokens = await client.call('listTokens', {});
  if (json === true) print(JSON.stringify(tokens, null, 2));
  for (const { name, grants } of json === true ? [] : tokens) print(`${name.padEnd(20)} ${wordGrants(grants)}`);
}

/** Only the token goes to standard output, for `TOKEN=$(…)`. */
export async function createToken(client: HostClient, name: string, allow: readonly string[]): Promise<void> {
  const { token } = await client.call('makeToken', { body: { name, grants: parseGrants(allow) } });
  process.stderr.write(`The token of ${name}, which is not shown again:\n`);
  print(token);
}

export async function grantToken(client: HostClient, name: string, allow: readonly string[]): Promise<void> {
  const grants = parseGrants(allow);
  await client.call('grantToken', { params: { token: name }, body: grants });
  print(`${name} may: ${wordGrants(grants)}`);
}

export async function revokeToken(client: HostClient, name: string): Promise<void> {
  await client.call('revokeToken', { params: { token: name } });
  print(`${name} is void.`);
}

export async function printLink(client: HostClient): Promise<void> {
  const { code } = await client.call('makeCode', {});
  process.stderr.write('Good once, within a minute:\n');
  print(`${client.url}/#code=${code}`);
}
