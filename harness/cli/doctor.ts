import { Command } from 'commander';
import { EXIT } from './exit.js';
import { isComplete, tableOf } from './doctor/report.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what is here, what is missing and how to get it')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', AFTER_HELP)
    .action(async ({ json }: { json?: true }) => {
      // Loaded when asked for: the engines are big, and help must answer at once.
      const { allChecks } = await import('./doctor/checks.js');
      const findings = await Promise.all((await allChecks(process.cwd())).map((check) => check()));
      const complete = isComplete(findings);
      process.stdout.write(json ? `${JSON.stringify({ complete, findings }, null, 2)}\n` : tableOf(findings));
      process.exitCode = complete ? EXIT.passed : EXIT.infrastructure;
    });
}

const AFTER_HELP = `
Ends with 0 when everything that is required is there, with 3 otherwise.

Examples:
  guestwright doctor
  guestwright doctor --json | jq '.findings[] | select(.status == "missing")'

GUESTWRIGHT_FIRMWARE names a folder with the BIOS images, GUESTWRIGHT_CACHE one for guest images.`;
