import { Command } from 'commander';

export function showCommand(): Command {
  return new Command('show')
    .description('look at the run of a machine, and go on from its end in a browser')
    .argument('<run>', 'a file that a failed test has left (*.guestwright.zip), or a folder with one')
    .option('-o, --output <folder>', 'write the page into a folder that any web server can hand out, and show nothing')
    .option('--port <port>', 'port on the loopback interface (default: any that is free)')
    .addHelpText('after', AFTER_HELP)
    .action(async (run: string, options: { output?: string; port?: string }) => {
      const { show } = await import('./show/show.js');
      await show(run, { cwd: process.cwd(), ...options });
    });
}

const AFTER_HELP = `
The page shows the steps, what was on the screen at any instant, what went in and what came out. "Resume" starts the machine at
the end of the run, in the browser: it is the embedded engine, bit for bit.

Tests that fail leave such a file (test.use({ bundle: 'off' }) does not want it, 'on' wants one of every test). It holds the
guest's memory and disks, and whatever secrets are in them.

Examples:
  guestwright show reports/results
  guestwright show reports/results/boots/linux.guestwright.zip -o public/failed-run`;
