/** `guestwright show`: the page of a run, from here or written into a folder. */
import { createReadStream } from 'node:fs';
import { copyFile, cp, mkdir, open, readdir, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import sirv from 'sirv';
import { GuestwrightError } from '../../../sdk/errors.js';
import { isMissing } from '../../../sdk/images/files.js';
import { isLocal, LOOPBACK, PAGES, parsePort, portTaken } from '../../live/server.js';
import { RUN_ENDING } from '../../runs/format.js';

export interface ShowOptions {
  cwd: string;
  output?: string;
  port?: string;
}

/** @throws GuestwrightError `usage/run-missing`, `usage/run-ambiguous`, `usage/run-invalid`, `usage/port-invalid` */
export async function show(run: string, { cwd, output, port }: ShowOptions): Promise<void> {
  const file = await findRun(path.resolve(cwd, run), run);
  await checkZip(file);
  if (output !== undefined) {
    const folder = path.resolve(cwd, output);
    await mkdir(folder, { recursive: true });
    await cp(PAGES, folder, { recursive: true });
    await copyFile(file, path.join(folder, 'run.zip'));
    process.stdout.write(`${path.join(output, 'index.html')}: hand the folder out with any web server\n`);
    return;
  }
  const server = await serveRun(file, port === undefined ? 0 : parsePort(port));
  process.stdout.write(`${server.url}\nCtrl-C ends it.\n`);
  await server.closed;
}

export interface RunServer extends AsyncDisposable {
  url: string;
  closed: Promise<void>;
}

/** On loopback only. @param port 0: any that is free @throws GuestwrightError `usage/port-taken` */
export async function serveRun(file: string, port = 0): Promise<RunServer> {
  const assets = sirv(PAGES, { dev: false });
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    // A page of somebody else's that has made its name mean this machine reads nothing here.
    if (!isLocal(request.headers.host)) {
      response.writeHead(403).end();
      return;
    }
    const { pathname } = new URL(request.url ?? '/', `http://${LOOPBACK}`);
    if (pathname !== '/run.zip') {
      assets(request, response, () => void response.writeHead(404).end());
      return;
    }
    response.writeHead(200, { 'content-type': 'application/zip', 'cache-control': 'no-store' });
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
  };
  const server = createServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portTaken(port) : error),
    );
    server.listen(port, LOOPBACK, resolve);
  });
  const closed = new Promise<void>((resolve) => void server.once('close', resolve));
  const { port: given } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${given}/`,
    closed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await closed;
    },
  };
}

async function findRun(place: string, given: string): Promise<string> {
  const seen = await stat(place).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (seen?.isDirectory() !== true) {
    if (seen !== null) return place;
    throw noRun(given, 'no such file');
  }
  const files = (await readdir(place, { recursive: true })).filter((name) => name.endsWith(RUN_ENDING)).sort();
  const [file, ...others] = files;
  if (file === undefined) throw noRun(given, 'a folder without one');
  if (others.length === 0) return path.join(place, file);
  throw new GuestwrightError(`There are ${files.length} runs in ${given}`, {
    kind: 'usage',
    code: 'run-ambiguous',
    expected: 'one of them',
    seen: files.map((name) => path.join(given, name)).join('\n'),
    next: `guestwright show ${JSON.stringify(path.join(given, file))}`,
  });
}

function noRun(given: string, seen: string): GuestwrightError {
  return new GuestwrightError(`There is no run in ${given}`, {
    kind: 'usage',
    code: 'run-missing',
    expected: `a file *${RUN_ENDING}, as a failed test on the embedded engine leaves it, or a folder with one`,
    seen,
    next: 'run the scenario that fails, or name the file that its report names',
  });
}

/** What the page would only find out later. */
async function checkZip(file: string): Promise<void> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.toString('latin1') === 'PK\u0003\u0004') return;
  } finally {
    await handle.close();
  }
  throw new GuestwrightError(`${path.basename(file)} is no run of a machine`, {
    kind: 'usage',
    code: 'run-invalid',
    expected: `a file *${RUN_ENDING}`,
    seen: 'another kind of file',
    next: 'name the file that the report of the failed test names',
  });
}
