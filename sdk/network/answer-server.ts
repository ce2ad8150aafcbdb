/** Serves answer files (preseed, kickstart, autoinstall, cloud-init's seed) to a guest that reaches nothing else. */
import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GuestwrightError } from '../errors.js';
import type { AnswerContent, AnsweredRequest, Http } from '../machine/types.js';
import { isPlainName, wantedBy } from './answers.js';
import { GuestNetwork } from './guest-network.js';

/** Where a guest finds the server: an address of QEMU's network that nothing else has. */
export const ANSWER_ADDRESS = '10.0.2.100';
export const ANSWER_PORT = 80;

/** Requests that are kept: a guest may ask for ever. */
const MOST_REQUESTS = 10_000;
/** Characters of a request's target that are kept. */
const LONGEST_TARGET = 1000;

/** Something that can be served. */
type Content =
  | { readonly kind: 'bytes'; readonly size: number; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly size: number; readonly handle: FileHandle };

export class AnswerServer implements Http, AsyncDisposable {
  readonly address = ANSWER_ADDRESS;
  readonly port = ANSWER_PORT;
  readonly #server: Server;
  readonly #network: GuestNetwork;
  readonly #named = new Map<string, AnswerContent>();
  readonly #listeners = new Set<(request: AnsweredRequest) => void>();
  readonly #requests: AnsweredRequest[] = [];
  #shared: string | null = null;

  private constructor(server: Server, network: GuestNetwork) {
    this.#server = server;
    this.#network = network;
    server.on('request', (request, response) => {
      // A guest that breaks off has asked for it.
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<AnswerServer> {
    // A guest may stand still in the middle of a request for as long as somebody looks at it.
    const server = createServer({ requestTimeout: 0, headersTimeout: 0 });
    const network = await GuestNetwork.start({
      address: ANSWER_ADDRESS,
      port: ANSWER_PORT,
      accept: (connection) => void server.emit('connection', connection),
    });
    return new AnswerServer(server, network);
  }

  /** What QEMU connects to. */
  get sockets(): { guest: string; outside: string } {
    return this.#network.sockets;
  }

  get requests(): readonly AnsweredRequest[] {
    return this.#requests;
  }

  get variables(): { HTTPIP: string; HTTPPort: string } {
    return { HTTPIP: this.address, HTTPPort: String(this.port) };
  }

  /** @throws GuestwrightError `usage/answer-name-invalid` */
  url(name: string): string {
    checkName(name);
    return `http://${this.address}/${name.split('/').map(encodeURIComponent).join('/')}`;
  }

  /** @throws GuestwrightError `usage/answer-name-invalid` */
  serve(name: string, content: AnswerContent): void {
    checkName(name);
    this.#named.set(name, content instanceof Uint8Array ? new Uint8Array(content) : content);
  }

  serveFolder(folder: string): void {
    this.#shared = resolve(folder);
  }

  onRequest(listener: (request: AnsweredRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const wanted = wantedBy(method, url);
    const content = wanted.kind === 'name' ? await this.#find(wanted.name) : null;
    try {
      const status = wanted.kind === 'wrong' ? wanted.status : content === null ? 404 : 200;
      const size = content?.size ?? 0;
      const hasBody = method === 'GET' && size > 0;
      this.#note({ method, target: url.slice(0, LONGEST_TARGET), status, bytes: hasBody ? size : 0 });
      response.writeHead(status, { 'Content-Type': 'application/octet-stream', 'Content-Length': size });
      if (!hasBody || content === null) response.end();
      else if (content.kind === 'bytes') response.end(content.bytes);
      // No more than was announced, should the file grow meanwhile.
      else await pipeline(content.handle.createReadStream({ end: size - 1, autoClose: false }), response);
    } finally {
      if (content?.kind === 'file') await content.handle.close();
    }
  }

  #note(request: AnsweredRequest): void {
    this.#requests.push(request);
    if (this.#requests.length > MOST_REQUESTS) this.#requests.shift();
    for (const listener of this.#listeners) listener(request);
  }

  /** Null when there is nothing of that name, or no longer. */
  async #find(name: string): Promise<Content | null> {
    const content = this.#named.get(name);
    if (typeof content === 'string') return bytesOf(new TextEncoder().encode(content));
    if (content instanceof Uint8Array) return bytesOf(content);
    if (content !== undefined) return await openFile(content.file);
    if (this.#shared === null) return null;
    try {
      const [root, file] = [await realpath(this.#shared), await realpath(join(this.#shared, name))];
      // A symbolic link may lead out of the folder; what it leads to is not served.
      return file.startsWith(root.endsWith(sep) ? root : root + sep) ? await openFile(file) : null;
    } catch {
      return null;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
    this.#server.closeAllConnections();
  }
}

const bytesOf = (bytes: Uint8Array): Content => ({ kind: 'bytes', size: bytes.length, bytes });

async function openFile(file: string): Promise<Content | null> {
  // A named pipe would make it wait for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (handle === null) return null;
  const { size, isFile } = await handle.stat().then((seen) => ({ size: seen.size, isFile: seen.isFile() }));
  if (isFile) return { kind: 'file', size, handle };
  await handle.close();
  return null;
}

function checkName(name: string): void {
  if (name !== '' && isPlainName(name)) return;
  throw new GuestwrightError('The name of the answer file is not valid', {
    kind: 'usage',
    code: 'answer-name-invalid',
    expected: 'a path without a leading slash and without "..": preseed.cfg, seed/user-data',
    seen: JSON.stringify(name),
  });
}
