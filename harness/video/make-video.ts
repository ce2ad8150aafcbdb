/** Makes the video of a film: a file of its own beside nothing else, put where the report finds it when it is whole. */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeRunDirectory, runDirectoryFor } from '../../sdk/machine/run-directory.js';
import { encode, type Encoded } from './ffmpeg.js';
import type { Film } from './film.js';
import { pictureHeader, streamHeader } from './matroska.js';
import { wordMetadata } from './metadata.js';
import { TICK_MS, type VideoPlan } from './plan.js';

export interface VideoToMake {
  film: Film;
  plan: VideoPlan;
  title: string;
  /** Pixels; null: as large as the largest screen. */
  size: { width: number; height: number } | null;
  ffmpeg: string;
  /** The file. */
  path: string;
  /** Wall ms. */
  timeout: number;
}

/** Works in a folder that goes with this process, whatever way it ends. @throws Error of the file system */
export async function makeVideo({ film, plan, title, path, ...how }: VideoToMake): Promise<Encoded> {
  const folder = runDirectoryFor(randomUUID());
  try {
    await mkdir(folder);
    const metadata = join(folder, 'metadata');
    await writeFile(metadata, wordMetadata(title, plan.chapters));
    const output = join(folder, 'video.webm');
    const encoded = await encode({ ...how, pictures: stream(film, plan), metadata, output });
    if (encoded.kind === 'made') await putBeside(output, path);
    return encoded;
  } finally {
    await removeRunDirectory(folder);
  }
}

/** From another file system perhaps: copied, and there under its name when it is whole. */
async function putBeside(file: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${randomUUID()}.part`;
  try {
    await copyFile(file, beside);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** The last picture goes over again at the end, for it is shown until then. */
async function* stream(film: Film, plan: VideoPlan): AsyncGenerator<Uint8Array> {
  yield streamHeader(plan);
  let drawn: Uint8Array | null = null;
  for (const { id, start } of plan.shots) {
    drawn = await film.draw(id, plan);
    yield pictureHeader(start, drawn.length);
    yield drawn;
  }
  if (drawn === null) return;
  yield pictureHeader(plan.duration - TICK_MS, drawn.length);
  yield drawn;
}
