// Makes the screens sdk/screen/screens/menu-*: graphic menus of real boot loaders over pictures, each with its true
// text. A maintainer's tool; the screens are in git.
//
//   npm run build && node scripts/menu-screens.mjs [name …]
//
// Needs (Debian): qemu-system-x86 grub-pc-bin grub-common xorriso mtools isolinux syslinux-common. Each menu is put on a
// CD image, booted in QEMU, and its picture is taken over QMP. The true text is written from the configuration that the
// menu was given and from the loaders' own wording, never from what a reader makes of the picture. Boot one of a menu
// with a countdown on an idle machine: the picture has to be taken in its first second.
import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile, copyFile, cp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodePng } from '../dist/sdk/reading/png.js';
import { MENUS } from './menu-screens/menus.mjs';
import { paint } from './menu-screens/backgrounds.mjs';

const SCREENS = fileURLToPath(new URL('../sdk/screen/screens/', import.meta.url));
const SYSLINUX = '/usr/lib/syslinux/modules/bios';
const ISOLINUX = '/usr/lib/ISOLINUX/isolinux.bin';
const LONGEST_BOOT_MS = 180_000;
const POLL_MS = 120;

const wanted = process.argv.slice(2);
for (const menu of MENUS) {
  if (wanted.length > 0 && !wanted.includes(menu.name)) continue;
  const folder = await mkdtemp(path.join(tmpdir(), 'menu-screen-'));
  try {
    const image = menu.loader === 'grub' ? await grubImage(menu, folder) : await syslinuxImage(menu, folder);
    const picture = await bootAndLook(menu, image, folder);
    const text = `${menu.text.join('\n')}\n`;
    await put(`${menu.name}.png`, encodePng(picture, { effort: 'small' }));
    await put(`${menu.name}.txt`, text);
    console.log(`${menu.name}: ${picture.width}x${picture.height}, ${menu.text.length} lines`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function put(name, bytes) {
  const file = path.join(SCREENS, name);
  await writeFile(`${file}.part`, bytes);
  await rename(`${file}.part`, file);
}

async function grubImage(menu, folder) {
  const tree = path.join(folder, 'tree');
  const grub = path.join(tree, 'boot', 'grub');
  await mkdir(path.join(grub, 'themes', 'menu'), { recursive: true });
  await writeFile(path.join(grub, 'grub.cfg'), menu.config);
  if (menu.theme !== undefined) await writeFile(path.join(grub, 'themes', 'menu', 'theme.txt'), menu.theme);
  const background = encodePng(paint(menu.background, menu.width, menu.height));
  await writeFile(path.join(grub, 'background.png'), background);
  await writeFile(path.join(grub, 'themes', 'menu', 'background.png'), background);
  for (const [name, picture] of Object.entries(menu.pictures ?? {})) {
    await writeFile(path.join(grub, 'themes', 'menu', name), encodePng(paint(picture, picture.width, picture.height)));
  }
  const image = path.join(folder, 'menu.iso');
  await execa('grub-mkrescue', ['-d', '/usr/lib/grub/i386-pc', '--fonts=unicode', '--locales=', '-o', image, tree]);
  return image;
}

async function syslinuxImage(menu, folder) {
  const tree = path.join(folder, 'tree');
  await mkdir(tree, { recursive: true });
  await copyFile(ISOLINUX, path.join(tree, 'isolinux.bin'));
  for (const module of ['ldlinux.c32', 'libcom32.c32', 'libutil.c32', 'vesamenu.c32']) {
    await cp(path.join(SYSLINUX, module), path.join(tree, module));
  }
  await writeFile(path.join(tree, 'isolinux.cfg'), menu.config);
  if (menu.background !== undefined) {
    await writeFile(path.join(tree, 'splash.png'), encodePng(paint(menu.background, menu.width, menu.height)));
  }
  const image = path.join(folder, 'menu.iso');
  const boot = ['-b', 'isolinux.bin', '-c', 'boot.cat', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'];
  await execa('xorriso', ['-as', 'mkisofs', '-quiet', '-o', image, ...boot, tree]);
  return image;
}

/** Boots the image, presses the menu's keys and takes the picture once it stands still. */
async function bootAndLook(menu, image, folder) {
  const socket = path.join(folder, 'qmp');
  const qemu = execa('qemu-system-x86_64', [
    ...['-nodefaults', '-display', 'none', '-vga', 'std', '-m', '128', '-boot', 'd', '-cdrom', image],
    ...['-qmp', `unix:${socket},server=on,wait=off`],
  ]);
  qemu.catch(() => {});
  try {
    const qmp = await openQmp(socket);
    let picture = await settled(menu, qmp, folder);
    for (const key of menu.keys ?? []) {
      await qmp('send-key', { keys: [{ type: 'qcode', data: key }] });
      await pause(400);
    }
    if (menu.keys !== undefined) picture = await settled(menu, qmp, folder);
    return picture;
  } finally {
    qemu.kill('SIGKILL');
    await qemu.catch(() => {});
  }
}

/** The first picture of the menu's size that two looks in a row have found, and that has text. */
async function settled(menu, qmp, folder) {
  const started = Date.now();
  let before = null;
  let since = started;
  while (Date.now() - started < LONGEST_BOOT_MS) {
    const picture = await dump(qmp, folder);
    const equal = before !== null && Buffer.compare(before.rgba, picture.rgba) === 0;
    if (!equal) since = Date.now();
    before = picture;
    const fits = picture.width === menu.width && picture.height === menu.height;
    if (fits && equal && Date.now() - since >= (menu.settleMs ?? 4000) && isDrawn(picture)) return picture;
    await pause(POLL_MS);
  }
  throw new Error(`${menu.name}: no menu of ${menu.width}x${menu.height} within ${LONGEST_BOOT_MS / 1000} s`);
}

/** Text and frames have hard edges; a background alone has none. */
function isDrawn({ rgba }) {
  let edges = 0;
  for (let i = 4; i < rgba.length; i += 4) if (Math.abs(rgba[i + 1] - rgba[i - 3]) >= 50) edges++;
  return edges > 500;
}

async function dump(qmp, folder) {
  const file = path.join(folder, 'screen.ppm');
  await qmp('screendump', { filename: file });
  return decodePpm(await readFile(file));
}

function decodePpm(bytes) {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 40).toString('latin1'));
  if (header === null) throw new Error('QEMU wrote no PPM');
  const [width, height] = [Number(header[1]), Number(header[2])];
  const rgba = new Uint8Array(4 * width * height);
  for (let i = 0, at = header[0].length; i < width * height; i++, at += 3) {
    rgba.set([bytes[at], bytes[at + 1], bytes[at + 2], 255], 4 * i);
  }
  return { width, height, rgba };
}

/** QEMU makes its socket first and listens on it a moment later. */
async function connected(socket) {
  const started = Date.now();
  for (;;) {
    const stream = connect(socket);
    const error = await new Promise((resolve) => {
      stream.once('connect', () => resolve(null));
      stream.once('error', resolve);
    });
    if (error === null) return stream;
    if (Date.now() - started > LONGEST_BOOT_MS) throw error;
    await pause(50);
  }
}

async function openQmp(socket) {
  const stream = await connected(socket);
  const waiting = [];
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk.toString();
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const message = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      if ('return' in message) waiting.shift()?.resolve(message.return);
      else if ('error' in message) waiting.shift()?.reject(new Error(message.error.desc));
    }
  });
  const call = (execute, args = {}) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      stream.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    });
  await call('qmp_capabilities');
  return call;
}
