/** The group `server`: machines of a host, as people use them. */
import type { Group } from './group.js';
import { keyToPixel } from './server/key-to-pixel.js';
import { measureThumbnails } from './server/thumbnails.js';

export const server: Group = {
  async measure(note) {
    return { ...(await keyToPixel(note)), ...(await measureThumbnails(note)) };
  },
};
