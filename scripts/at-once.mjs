// Runs npm scripts at the same time: `node scripts/at-once.mjs checks test:unit`. What the last one says is shown as it comes,
// what the others say when they are over, in one piece. Fails if any of them does.
import { spawn } from 'node:child_process';

const names = process.argv.slice(2);

async function run(name, isShown) {
  const stdio = ['ignore', isShown ? 'inherit' : 'pipe', isShown ? 'inherit' : 'pipe'];
  // npm is a script on Windows; the names are ours.
  const child = spawn('npm', ['run', '-s', name], { shell: process.platform === 'win32', stdio });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => said.push(data));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      said.push(String(error));
      resolve(1);
    });
    child.once('close', (status) => resolve(status ?? 1));
  });
  process.stdout.write(`${said.join('')}${name}: ${code === 0 ? 'ok' : `failed (${code})`}\n`);
  return code === 0;
}

const passed = await Promise.all(names.map((name, i) => run(name, i === names.length - 1)));
process.exitCode = passed.every(Boolean) ? 0 : 1;
