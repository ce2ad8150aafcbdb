import { Command } from 'commander';
import { onHost, withAllow, type AccessOptions } from './access/options.js';

/** Loaded when asked for: help must answer at once. */
const load = async () => ({ ...(await import('./access/users.js')), ...(await import('./machine/on-host.js')) });

export function userCommand(): Command {
  return new Command('user')
    .description('say which people may use a host, and what for')
    .addHelpText('after', AFTER_HELP)
    .addCommand(
      onHost('list', 'list the users and what they may do')
        .option('--json', 'print JSON')
        .action(async (options: AccessOptions) => {
          const { listUsers, hostClient } = await load();
          await listUsers(await hostClient(options), options);
        }),
    )
    .addCommand(
      withAllow(onHost('create', 'make a user; the password is asked for').argument('<name>')).action(
        async (name: string, options: AccessOptions) => {
          const { createUser, hostClient } = await load();
          await createUser(await hostClient(options), name, options.allow);
        },
      ),
    )
    .addCommand(
      withAllow(onHost('grant', 'say what a user may do, in place of what it might').argument('<name>')).action(
        async (name: string, options: AccessOptions) => {
          const { grantUser, hostClient } = await load();
          await grantUser(await hostClient(options), name, options.allow);
        },
      ),
    )
    .addCommand(
      onHost('password', 'set the password of a user, and sign the user out everywhere')
        .argument('<name>')
        .action(async (name: string, options: AccessOptions) => {
          const { setUserPassword, hostClient } = await load();
          await setUserPassword(await hostClient(options), name);
        }),
    )
    .addCommand(
      onHost('delete', 'delete a user, and sign the user out everywhere')
        .argument('<name>')
        .action(async (name: string, options: AccessOptions) => {
          const { deleteUser, hostClient } = await load();
          await deleteUser(await hostClient(options), name);
        }),
    );
}

const AFTER_HELP = `
A password is typed, or is the first line of the input; it is never an argument, which others on the computer can see.

Examples:
  guestwright user create anna --allow all@host --allow 'all@*'
  guestwright user password anna < password.txt`;
