/** A guest on an isolated network that is told where its answer files are, and reads them: iPXE, on QEMU. */
import { expect, test } from 'vitest';
import { failureOf } from '../../machine/fake-machine.test.helper.js';
import { launch } from '../../machine/launch.js';
import { QemuEngine } from './engine.js';

const probe = await new QemuEngine().probe();
if (!probe.available) console.log(`QEMU is not tested here: ${probe.missing}; ${probe.install}`);

test.skipIf(!probe.available)(
  'a guest reads what the machine serves, as often as it likes, also after a revert',
  async () => {
    await using machine = await launch({
      engine: 'qemu',
      cdrom: 'ipxe:cdrom',
      memory: 64,
      network: { device: 'e1000', http: true },
    });
    const { http, keyboard } = machine;
    // What is typed while iPXE is busy it throws away: hence <waitStable>.
    http.serve('first.ipxe', '#!ipxe\necho the first was served\n');
    await keyboard.run([
      '<waitText "Ctrl-B" 120s><leftCtrlOn>b<leftCtrlOff><waitText "iPXE> ?$" 60s>dhcp<enter><waitText "^Configuring .* ok$" 60s><waitStable>',
      'chain http://{{ .HTTPIP }}:{{ .HTTPPort }}/first.ipxe<enter><waitText "^the first was served" 60s><waitStable>',
    ]);
    const snapshot = await machine.snapshot();
    for (const round of [1, 2]) {
      http.serve(`round-${round}.ipxe`, `#!ipxe\necho round ${round} was served\n`);
      await keyboard.run(
        `chain ${http.url(`round-${round}.ipxe`)}<enter><waitText "^round ${round} was served" 60s><waitStable>`,
      );
    }
    await machine.revert(snapshot);
    await keyboard.run(
      'chain http://{{ .HTTPIP }}/round-1.ipxe<enter><waitText "^round 1 was served" 60s><waitStable>',
    );
    await keyboard.run('chain http://{{ .HTTPIP }}/nothing<enter><waitText "No such file" 60s>');
    expect(
      http.requests.filter(({ method }) => method === 'GET').map(({ target, status }) => `${target} ${status}`),
    ).toEqual([
      ...['/first.ipxe 200', '/round-1.ipxe 200', '/round-2.ipxe 200'],
      ...['/round-1.ipxe 200', '/nothing 404'],
    ]);
  },
);

test.skipIf(!probe.available)('a machine without it says what to write', async () => {
  await using machine = await launch({ engine: 'qemu', floppy: null, memory: 16 });
  expect((await failureOf(Promise.resolve().then(() => machine.http))).code).toBe('http-missing');
});
