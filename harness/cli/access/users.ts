/** What `guestwright user` does with a host, and prints of it. */
import type { HostClient } from '../../server/api/client.js';
import { parseGrants, wordGrants } from './grants.js';
import { newPassword } from './password.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function listUsers(client: HostClient, { json }: { json?: boolean }): Promise<void> {
  const users = await client.call('listUsers', {});
  if (json === true) print(JSON.stringify(users, null, 2));
  else if (users.length === 0) print('This host has no user: guestwright user create');
  for (const { name, grants } of json === true ? [] : users) print(`${name.padEnd(20)} ${wordGrants(grants)}`);
}

export async function createUser(client: HostClient, name: string, allow: readonly string[]): Promise<void> {
  const grants = parseGrants(allow);
  await client.call('makeUser', { body: { name, password: await newPassword(name), grants } });
  print(`${name} may: ${wordGrants(grants)}`);
}

export async function grantUser(client: HostClient, name: string, allow: readonly string[]): Promise<void> {
  const grants = parseGrants(allow);
  await client.call('grantUser', { params: { user: name }, body: grants });
  print(`${name} may: ${wordGrants(grants)}`);
}

export async function setUserPassword(client: HostClient, name: string): Promise<void> {
  await client.call('setPassword', { params: { user: name }, body: { password: await newPassword(name) } });
  print(`${name} has another password, and is signed out everywhere.`);
}

export async function deleteUser(client: HostClient, name: string): Promise<void> {
  await client.call('deleteUser', { params: { user: name } });
  print(`${name} was deleted.`);
}
