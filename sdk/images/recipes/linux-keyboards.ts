import { writeCpio } from '../cpio.js';
import type { Recipe } from '../recipe.js';
import { consoleKeymaps, KEYMAP_PACKAGES } from './console-keymaps.js';
import { baseSystem, COMMAND_LINE, file, MOUNT_AND_LOAD, PACKAGES, readKernel } from './guest-system.js';

/** The system of linux-busybox, whose console can be set to any keyboard layout. */
export const linuxKeyboards: Recipe = {
  name: 'linux-keyboards',
  description: 'linux-busybox with a keymap for every layout: `keymap=de` on the command line, or `use-keymap de`',
  revision: 1,
  packages: [...PACKAGES, ...KEYMAP_PACKAGES],
  parts: {
    kernel: {
      kind: 'kernel',
      description: 'Debian’s Linux for 32-bit PCs, unpacked so that it starts at once',
      commandLine: COMMAND_LINE,
    },
    initrd: { kind: 'initrd', description: 'busybox, modules, loadkeys and keymaps' },
  },
  async build(context) {
    const kernel = await readKernel(context);
    const system = await baseSystem(context, kernel, { hostName: 'guest' });
    const initrd = writeCpio([
      ...system,
      ...(await consoleKeymaps(context)),
      file('bin/use-keymap', USE_KEYMAP, 0o755),
      file('etc/inittab', INITTAB),
      file('init', INIT, 0o755),
    ]);
    return { kernel: kernel.image, initrd };
  },
};

const USE_KEYMAP = `#!/bin/sh
# Sets the console to a keyboard layout: use-keymap NAME
keymap=/usr/share/keymaps/$1
if [ -z "$1" ] || [ ! -f "$keymap" ]; then
  echo "use-keymap: there is no layout \\"$1\\"; there is: $(echo $(ls /usr/share/keymaps))" >&2
  exit 1
fi
exec loadkeys -q -u -C /dev/tty1 "$keymap"
`;

const INIT = `#!/bin/sh
${MOUNT_AND_LOAD}for word in $(cat /proc/cmdline); do
  case $word in keymap=*) use-keymap "\${word#keymap=}" ;; esac
done
exec init
`;

const INITTAB = `tty1::respawn:-/bin/sh
ttyS0::respawn:-/bin/sh
::ctrlaltdel:/bin/reboot
`;
