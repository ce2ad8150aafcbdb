#!/usr/bin/env node
import { exitCodeOf, wordError } from './exit.js';
import { createProgram } from './program.js';

// A reader that went away (`guestwright doctor | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
// Node would end with 1, which means "a scenario failed" here.
process.on('uncaughtException', (error) => {
  fail(error);
  process.exit();
});

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  const words = wordError(error, { debug: process.env['GUESTWRIGHT_DEBUG'] === '1' });
  if (words !== '') process.stderr.write(`${words}\n`);
  process.exitCode = exitCodeOf(error);
}
