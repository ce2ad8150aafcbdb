/** The browser's side of a machine's worker, as `../node/worker.ts` is Node's: there are no files, all is given as bytes. */
import { stateInvalid } from '../../state-errors.js';
import type { Blocks, BlockSource } from '../../blocks.js';
import type { Hardware, PortableParts } from '../../engine.js';
import type { Request, ToOwner } from '../core/protocol.js';
import { Session } from '../core/session.js';
import { decodeSnapshot, digestedPart } from '../core/snapshot-bytes.js';
import type { V86Constructor } from '../core/v86-internals.js';

/** Taken before the realm of the first machine replaces what it takes from the browser. */
const digest = globalThis.crypto.subtle.digest.bind(globalThis.crypto.subtle);

export interface BrowserMachineParts {
  hardware: Hardware;
  firmware: PortableParts['firmware'];
  /** See `EngineMachine.identity`. */
  identity: string;
  /** An exported snapshot to go on from: untrusted. Null: the machine is switched on. */
  state: Uint8Array<ArrayBuffer> | null;
  /** v86's WebAssembly. */
  wasmModule: WebAssembly.Module;
  openBlocks: (source: BlockSource) => Blocks;
  post: (message: ToOwner) => void;
}

export interface BrowserSession {
  /** Answers by posting; never throws. */
  receive(request: Request): void;
}

/**
 * A machine in this worker, which holds one at a time. The answer to its start is posted with the id 0.
 * @throws GuestwrightError `usage/state-invalid`
 */
export async function startInBrowser(parts: BrowserMachineParts): Promise<BrowserSession> {
  const { hardware, firmware, identity, state, wasmModule, openBlocks, post } = parts;
  if (state !== null) await checkDigest(state);
  const session = new Session({
    post,
    loadV86: async () => {
      const { V86 } = (await import('v86')) as unknown as { V86: V86Constructor };
      return V86;
    },
    openBlocks,
    readOverlay: noFiles,
    writeOverlay: noFiles,
    writeSnapshot: noFiles,
    readSnapshot: () => (state === null ? noFiles() : decodeSnapshot(state, 'of this run', identity)),
  });
  const argument = {
    hardware,
    firmware,
    wasmModule,
    identity,
    fault: null,
    ...(state === null ? {} : { state: 'state' }),
  };
  session.receive({ id: 0, name: 'start', argument });
  return session;
}

/** @throws GuestwrightError `usage/state-invalid` */
async function checkDigest(state: Uint8Array<ArrayBuffer>): Promise<void> {
  const part = digestedPart(state);
  const seen = part === null ? null : new Uint8Array(await digest('SHA-256', new Uint8Array(part.content)));
  if (part === null || seen?.every((byte, i) => byte === part.digest[i]) !== true) {
    throw stateInvalid('of this run', 'a digest that does not fit the content');
  }
}

function noFiles(): never {
  throw new Error('a machine in a browser has no files');
}
