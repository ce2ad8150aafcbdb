/** Where a machine can have an image: `floppy`, `cdrom`, `disk0`, `kernel`, `initrd`. */
export const IMAGE_DRIVES = ['floppy', 'cdrom', 'disk0', 'disk1', 'disk2', 'disk3', 'kernel', 'initrd'] as const;
export type ImageDrive = (typeof IMAGE_DRIVES)[number];
