/** Scenarios of a user's project on machines of a host: the daemon, Playwright and the machines as processes. */
import { execa } from 'execa';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ALL_GRANTS } from '../server/api/rights.js';
import { serveHost } from '../server/api/serve.js';
import { Tokens } from '../server/api/tokens.js';
import { Host } from '../server/host/host.js';
import { makeProject, noted } from './project.js';
import { echoingGuest } from './tiny-guests.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

const CONFIG = `
import { defineConfig, defineGuests } from 'guestwright';
export default defineConfig({
  workers: 2,
  fullyParallel: true,
  projects: defineGuests({ guests: { echo: { machine: 'host://echo' } } }),
});
`;

const SCENARIO = `
import { expect, test } from 'guestwright';
for (const word of ['one', 'other']) {
  test(word, async ({ machine }) => {
    await expect(machine.screen).toShowText('READY');
    await machine.keyboard.type(word);
    await expect(machine.screen).toShowText(new RegExp('^' + word + '$'));
    await expect(machine.screen).toMatchGolden('typed-' + word);
  });
}
test('fails', async ({ launch }) => {
  const machine = await launch({ machine: 'host://echo', snapshot: 'never taken' });
});
`;

test('each test has a copy of the machine, with goldens, pictures and words as ever; the machine stays as it was', async () => {
  await using project = await makeProject({
    'playwright.config.ts': CONFIG,
    'scenarios/echo.spec.ts': SCENARIO,
    'echo.img': echoingGuest(),
  });
  await using host = await Host.open(join(project.folder, 'host'));
  const tokens = await Tokens.open(join(project.folder, 'host', 'tokens.json'));
  await using server = await serveHost(host, tokens, { address: '127.0.0.1', port: 0, tls: null });
  const floppy = join(project.folder, 'echo.img');
  await host.create({ name: 'echo', spec: { engine: 'v86', floppy, memory: 8 } }, null);
  process.env['GUESTWRIGHT_HOST'] = server.url;
  process.env['GUESTWRIGHT_TOKEN'] = await tokens.make('ci', {
    ...ALL_GRANTS,
    machines: { echo: ['read', 'execute'] },
  });
  try {
    const first = await project.run('--update-snapshots=all', '--grep-invert', 'fails');
    expect(first.output).toContain('2 passed');
    const second = await project.run();
    expect(second.output).toContain('[echo-host]');
    expect(second.output).toContain('2 passed');
    expect(noted(second, 'fails')).toMatchObject({ kind: 'usage', code: 'snapshot-missing' });
    await expect.poll(() => host.list().map(({ name, state }) => `${name} ${state}`)).toEqual(['echo turned-off']);
    const { all, exitCode } = await execa(process.execPath, [MAIN, 'machine', 'list', '--host', server.url], {
      all: true,
    });
    expect(all).toMatch(/^echo +turned-off/);
    expect(exitCode).toBe(0);
  } finally {
    delete process.env['GUESTWRIGHT_HOST'];
    delete process.env['GUESTWRIGHT_TOKEN'];
  }
});

test('a table that names a machine of a host wrongly is refused, field by field', async () => {
  await using project = await makeProject({
    'playwright.config.ts': CONFIG.replace("{ machine: 'host://echo' }", "{ machine: 'host:/echo', memory: 8 }"),
    'scenarios/echo.spec.ts': SCENARIO,
  });
  const { output, exitCode } = await project.run();
  expect(exitCode).not.toBe(0);
  expect(output).toContain('echo: machine: "host:/echo" is not of the form host://name');
  expect(output).toContain("echo: memory: the machine's hardware is the host's");
});
