import { Command } from 'commander';

interface ServeFlags {
  folder?: string;
  address: string;
  port?: string;
  tlsCert?: string;
  tlsKey?: string;
  memory?: string;
  allowPage: string[];
  imagesFrom: string[];
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('keep machines on this host, for the command line and the API')
    .option(
      '--folder <folder>',
      'where they live (default: GUESTWRIGHT_HOST_FOLDER, else guestwright/host in your data folder)',
    )
    .option('--address <address>', 'address to listen on; off loopback only with TLS', '127.0.0.1')
    .option('--port <number>', 'port to listen on (default: any that is free)')
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option(
      '--memory <size>',
      'what all machines together may take, such as 16G (default: what the host has, less a tenth)',
    )
    .option('--allow-page <origin>', 'a page of another host may call this one; may be given again', collected, [])
    .option(
      '--images-from <folder>',
      'machines use files of this folder, of their own, and images of the catalogue only; may be given again ' +
        '(default: any file on loopback, none else)',
      collected,
      [],
    )
    .addHelpText('after', AFTER_HELP)
    .action(async (flags: ServeFlags) => {
      const { runHost } = await import('./serve/run-host.js');
      await runHost(flags);
    });
}

function collected(value: string, before: string[]): string[] {
  return [...before, value];
}

const AFTER_HELP = `
Each machine is a folder, and while it runs a process of its own: it goes on when this command is killed, and the next
one finds it. Told to end (Ctrl+C, SIGTERM) it saves the machines, or what their settings say.

Examples:
  guestwright serve
  guestwright machine create web --cdrom grub-rescue:cdrom
  guestwright machine start web`;
