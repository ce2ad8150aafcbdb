// Types, lint and formatting at once: each of them keeps one processor busy, and a computer has several.
import { spawn } from 'node:child_process';

const CHECKS = ['lint', 'typecheck', 'format:check'];

/** What a check says is shown when it is over, in one piece. */
async function run(name) {
  // npm is a script on Windows; the names are ours.
  const child = spawn('npm', ['run', '-s', name], { shell: process.platform === 'win32', env: process.env });
  const said = [];
  child.stdout.on('data', (data) => said.push(data));
  child.stderr.on('data', (data) => said.push(data));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      said.push(String(error));
      resolve(1);
    });
    child.once('close', resolve);
  });
  process.stdout.write(`${name}: ${code === 0 ? 'ok' : `failed (${code})`}\n${code === 0 ? '' : said.join('')}`);
  return code === 0;
}

const passed = await Promise.all(CHECKS.map(run));
process.exitCode = passed.every(Boolean) ? 0 : 1;
