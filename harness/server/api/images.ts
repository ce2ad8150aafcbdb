/** What machines can be made of without bringing anything. */
import { listImages } from '../../../sdk/images/index.js';
import type { ImageListing } from '../../../sdk/images/index.js';

export type BootableImage = Pick<ImageListing, 'name' | 'description' | 'parts' | 'cached' | 'size'> & {
  machine: Record<string, string | number>;
};

/** Parts that a machine boots from; an image may be of fonts. */
const BOOTABLE = /^(?:.*-)?(?:cdrom|floppy|kernel|initrd|disk|netboot)$/;

export async function bootableImages(): Promise<BootableImage[]> {
  const images = await listImages();
  return images.flatMap(({ name, description, parts, machine, cached, size }) =>
    parts.some((part) => BOOTABLE.test(part))
      ? [{ name, description, parts, machine: { ...machine }, cached, size }]
      : [],
  );
}
