import { Command } from 'commander';
import { onHost, withAllow, type AccessOptions } from './access/options.js';

/** Loaded when asked for: help must answer at once. */
const load = async () => ({ ...(await import('./access/tokens.js')), ...(await import('./machine/on-host.js')) });

export function tokenCommand(): Command {
  return new Command('token')
    .description('say which programs may use a host, and what for')
    .addHelpText('after', AFTER_HELP)
    .addCommand(
      onHost('list', 'list the tokens and what they may do')
        .option('--json', 'print JSON')
        .action(async (options: AccessOptions) => {
          const { listTokens, hostClient } = await load();
          await listTokens(await hostClient(options), options);
        }),
    )
    .addCommand(
      withAllow(onHost('create', 'make a token and print it').argument('<name>')).action(
        async (name: string, options: AccessOptions) => {
          const { createToken, hostClient } = await load();
          await createToken(await hostClient(options), name, options.allow);
        },
      ),
    )
    .addCommand(
      withAllow(onHost('grant', 'say what a token may do, in place of what it might').argument('<name>')).action(
        async (name: string, options: AccessOptions) => {
          const { grantToken, hostClient } = await load();
          await grantToken(await hostClient(options), name, options.allow);
        },
      ),
    )
    .addCommand(
      onHost('revoke', 'make a token void at once')
        .argument('<name>')
        .action(async (name: string, options: AccessOptions) => {
          const { revokeToken, hostClient } = await load();
          await revokeToken(await hostClient(options), name);
        }),
    )
    .addCommand(
      onHost('link', 'print an address that signs a browser in as the token of this command, once').action(
        async (options: AccessOptions) => {
          const { printLink, hostClient } = await load();
          await printLink(await hostClient(options));
        },
      ),
    );
}

const AFTER_HELP = `
Rights are read, write, execute, delete and permissions. Who has permissions on the host may give any right to anybody.

Examples:
  guestwright token create ci --allow read,execute@web --allow 'read@*'
  guestwright token grant ci --allow all@web
  guestwright token list --host https://build.example:8443`;
