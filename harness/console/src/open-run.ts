/** Reads the file of a run: untrusted, every part of it is checked before it is used. */
import { unzipSync } from 'fflate';
import { runFile, type RunFile } from '../../runs/format.js';

/** Bytes of a run without its compression: memory, disks and pictures. */
const MOST_BYTES = 3 * 2 ** 30;

export interface OpenedRun {
  run: RunFile;
  files: Record<string, Uint8Array<ArrayBuffer>>;
}

/** @throws Error in words for the page */
export function openRun(file: Uint8Array): OpenedRun {
  let bytes = 0;
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(file, {
      filter: ({ originalSize }) => {
        bytes += originalSize;
        if (bytes > MOST_BYTES) throw new Error(`it holds more than ${MOST_BYTES / 2 ** 30} GB`);
        return true;
      },
    });
  } catch (error) {
    throw new Error(`This is no run of Guestwright's: ${error instanceof Error ? error.message : String(error)}`);
  }
  const text = files['run.json'];
  if (text === undefined) throw new Error("This is no run of Guestwright's: there is no run.json in it");
  const read = runFile.safeParse(parseJson(new TextDecoder().decode(text)));
  if (!read.success) throw new Error('This run cannot be read: it is damaged, or of another version of Guestwright');
  return { run: read.data, files: files as OpenedRun['files'] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** PNG files by their digests. */
export function screensOf({ files }: OpenedRun): Map<string, Uint8Array<ArrayBuffer>> {
  const screens = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, bytes] of Object.entries(files)) {
    const digest = /^screens\/([0-9a-f]{64})\.png$/.exec(name)?.[1];
    if (digest !== undefined) screens.set(digest, bytes);
  }
  return screens;
}
