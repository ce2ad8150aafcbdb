/** The checks of `guestwright doctor`, in the order in which the table shows them. */
import { engines } from '../../../sdk/engines/index.js';
import type { Engine } from '../../../sdk/engines/engine.js';
import { parseSpec } from '../../../sdk/machine/spec.js';
import { INSTALL_FFMPEG } from '../../video/find-ffmpeg.js';
import { ownPackage } from '../package.js';
import { findOwnPlaywright, findPlaywright } from '../run/playwright.js';
import { toolCheck } from './host.js';
import { cacheCheck, imagesCheck } from './images.js';
import type { Check, Finding } from './report.js';
import { satisfies } from './versions.js';

/** @param folder the user's project: Playwright is looked for from there */
export async function allChecks(folder: string): Promise<Check[]> {
  return [
    nodeCheck,
    ...(await engines()).map((engine) => () => engineCheck(engine)),
    () => playwrightCheck(folder),
    cacheCheck,
    imagesCheck,
    toolCheck('apt-get', 'fetches the packages that images are built from', IMPORT_INSTEAD),
    toolCheck('dpkg-deb', 'unpacks the packages that images are built from', IMPORT_INSTEAD),
    toolCheck('ffmpeg', 'makes videos of machines (the option `video`)', INSTALL_FFMPEG),
  ];
}

const IMPORT_INSTEAD =
  'only building images needs it (Debian, Ubuntu); elsewhere "guestwright images import" takes a built one';

async function nodeCheck(): Promise<Finding> {
  const wanted = ownPackage().engines.node;
  const name = 'node';
  if (satisfies(process.versions.node, wanted)) return { name, status: 'ok', detail: process.version };
  return {
    name,
    status: 'missing',
    detail: `${process.version}, needs ${wanted}`,
    next: 'install a supported release: https://nodejs.org',
  };
}

async function engineCheck(engine: Engine): Promise<Finding> {
  const name = `engine ${engine.name}`;
  const probe = await engine.probe();
  if (probe.available) return { name, status: 'ok', detail: probe.detail };
  // Machines get the default engine unless their spec names another: only that one has to be here.
  const status = engine.name === parseSpec({}).engine ? 'missing' : 'optional';
  return { name, status, detail: probe.missing, next: probe.install };
}

async function playwrightCheck(folder: string): Promise<Finding> {
  const name = 'playwright';
  const { peerDependencies, devDependencies } = ownPackage();
  const wanted = peerDependencies['@playwright/test'] ?? devDependencies['@playwright/test'] ?? '*';
  const install = `npm install --save-dev @playwright/test@"${wanted}"`;
  const own = findOwnPlaywright();
  const found = findPlaywright(folder) ?? own;
  if (found === null) return { name, status: 'missing', detail: '@playwright/test is not installed', next: install };
  if (!satisfies(found.version, wanted)) {
    return { name, status: 'missing', detail: `${found.version} (${found.folder}), needs ${wanted}`, next: install };
  }
  if (own !== null && own.folder !== found.folder) {
    return {
      name,
      status: 'missing',
      detail: `two copies, which Playwright refuses:\n${found.version} in ${found.folder}\n${own.version} in ${own.folder}`,
      next: 'install guestwright and @playwright/test in the same project: npm install --save-dev guestwright @playwright/test',
    };
  }
  return { name, status: 'ok', detail: `${found.version} (${found.folder})` };
}
