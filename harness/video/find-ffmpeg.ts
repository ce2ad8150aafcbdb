import { findOnPath } from '../../sdk/find-on-path.js';

/** How to get it. */
export const INSTALL_FFMPEG = 'sudo apt-get install ffmpeg';

/** Null: it is not installed. */
export async function findFfmpeg(): Promise<string | null> {
  return await findOnPath('ffmpeg');
}
