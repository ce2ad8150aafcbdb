/** A host whose machines may use files of one folder. */
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDisk, createOverlay } from '../../../sdk/disks/index.js';
import { typewriter } from '../../../sdk/engines/conformance/boot-sector.js';
import { specSchema } from '../../../sdk/machine/spec.js';
import { AllowedFiles } from './allowed-files.js';
import { Host } from './host.js';

let folder = '';
let images = '';
let host: Host;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-test-files-'));
  images = join(folder, 'images');
  await mkdir(join(images, 'more'), { recursive: true });
  for (const file of ['images/inside.img', 'outside.img']) await writeFile(join(folder, file), typewriter());
  await symlink(join(folder, 'outside.img'), join(images, 'link.img'));
  await symlink('/', join(images, 'root'));
  host = await Host.open(join(folder, 'host'), { files: await AllowedFiles.in([images]) });
});
afterEach(async () => {
  await host.quit();
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const create = async (spec: Record<string, unknown>, name = 'one') => await host.create({ name, spec }, null);
const REFUSED = { code: 'file-not-allowed', kind: 'usage' };

test('a machine is made of what is in the folder, in its own, or in the catalogue, and of nothing else', async () => {
  await create({ floppy: join(images, 'inside.img'), cdrom: 'grub-rescue:cdrom', disks: [{ sizeMb: 1 }] }, 'inside');
  await create({ floppy: './its-own.img' }, 'own');
  const outside = join(folder, 'outside.img');
  for (const ref of [
    outside,
    join(images, '..', 'outside.img'),
    join(images, 'link.img'),
    join(images, 'root', outside),
    // Whether it is there is nobody's business either.
    join(folder, 'missing.img'),
    join(images, 'root', 'missing', 'file'),
    './../../../outside.img',
    `${images}-beside/inside.img`,
    'bad\0name',
  ]) {
    await expect(create({ floppy: ref }), ref).rejects.toMatchObject(REFUSED);
  }
  expect(host.list().map(({ name }) => name)).toEqual(['inside', 'own']);
});

test('every field that names files is looked at', async () => {
  const outside = join(folder, 'outside.img');
  const inside = join(images, 'inside.img');
  for (const spec of [
    { floppy: outside },
    { cdrom: outside },
    { disks: [outside] },
    { disks: [{ path: inside }, { path: outside }] },
    { kernel: { path: outside } },
    { kernel: { path: inside, initrd: outside } },
    { fonts: [`${outside}.font`] },
    { fonts: ['vga-8x16', '../../../x.psf'] },
    { engine: 'qemu', network: { tftp: { folder, bootFile: 'x' } } },
  ]) {
    await expect(create(spec), JSON.stringify(spec)).rejects.toMatchObject(REFUSED);
  }
  await create({ engine: 'qemu', fonts: ['vga-8x16'], network: { tftp: { folder: images, bootFile: 'x' } } });
});

test('no field of a spec is new: one that names files has to be looked at above', () => {
  const names = ['floppy', 'cdrom', 'disks', 'kernel', 'fonts', 'network'];
  // Of these what is a file is refused to every machine of a host.
  const refused = ['serial', 'parallel', 'virtioConsoles', 'state'];
  const plain = [
    'engine',
    'memory',
    'videoMemory',
    'boot',
    'architecture',
    'firmware',
    'secureBoot',
    'smp',
    'watchdog',
  ];
  plain.push('tpm', 'acpi', 'date', 'seed', 'mips', 'clock', 'accelerator', 'record', 'layout', 'shell', 'ocr');
  expect(Object.keys(specSchema.in.shape).sort()).toEqual([...names, ...refused, ...plain].sort());
});

test('images that name others lead nowhere else', async () => {
  const elsewhere = join(folder, 'elsewhere');
  await mkdir(elsewhere);
  await createDisk(join(elsewhere, 'parent.vhd'), { size: 4 << 20, format: 'vhd' });
  await createOverlay(join(elsewhere, 'child.vhd'), join(elsewhere, 'parent.vhd'));
  await copyFile(join(elsewhere, 'child.vhd'), join(images, 'child.vhd'));
  await symlink(join(elsewhere, 'parent.vhd'), join(images, 'parent.vhd'));
  await expect(create({ disks: [join(images, 'child.vhd')] })).rejects.toMatchObject(REFUSED);
  await rm(join(images, 'parent.vhd'));
  await copyFile(join(elsewhere, 'parent.vhd'), join(images, 'parent.vhd'));
  await create({ disks: [join(images, 'child.vhd')] }, 'vhd');

  for (const [name, code] of [
    [join(folder, 'outside.img'), 'disk-names-other-files'],
    ['../outside.img', 'disk-names-other-files'],
    ['nbd:127.0.0.1:10809', 'disk-names-other-files'],
    ['link.img', 'disk-parent-missing'],
  ] as const) {
    await writeFile(join(images, 'overlay.qcow2'), qcow2Over(name));
    await expect(create({ disks: [join(images, 'overlay.qcow2')] }), name).rejects.toMatchObject({ code });
  }
  await writeFile(join(images, 'extents.vmdk'), `# Disk DescriptorFile\nRW 8 FLAT "${folder}/outside.img" 0\n`);
  await expect(create({ disks: [join(images, 'extents.vmdk')] })).rejects.toMatchObject({
    code: 'disk-names-other-files',
  });
});

test('hardware that is changed, media that are put in, and folders that are taken over, are held to it too', async () => {
  const outside = join(folder, 'outside.img');
  await create({ floppy: join(images, 'inside.img'), memory: 8 });
  await expect(host.configure('one', { spec: { floppy: outside } }, null)).rejects.toMatchObject(REFUSED);
  const { id } = host.start('one', null);
  expect((await host.tasks.ended(id)).state).toBe('done');
  for (const medium of [outside, join(images, 'link.img')]) {
    await expect(host.insert('one', { drive: 'floppy0', medium }, null)).rejects.toMatchObject(REFUSED);
  }
  await host.insert('one', { drive: 'floppy0', medium: join(images, 'inside.img') }, null);
  await host.tasks.ended(host.powerOff('one', null).id);
  await expect(host.register(join(folder, 'host', 'machines', 'one'), null)).rejects.toMatchObject(REFUSED);
  for (const path of ['/etc', '/etc/missing']) await expect(host.register(path, null)).rejects.toMatchObject(REFUSED);
});

test('a machine that was made before starts only when its files are allowed', async () => {
  await host[Symbol.asyncDispose]();
  host = await Host.open(host.folder);
  await create({ floppy: join(folder, 'outside.img'), memory: 8 });
  await host[Symbol.asyncDispose]();
  host = await Host.open(host.folder, { files: await AllowedFiles.in([]) });
  const { id } = host.start('one', null);
  expect(await host.tasks.ended(id)).toMatchObject({ state: 'failed', failure: { code: 'file-not-allowed' } });
  await expect(AllowedFiles.in([join(folder, 'nowhere')])).rejects.toMatchObject({ code: 'file-missing' });
});

/** A header of version 2, as far as it is read before anything is opened. */
function qcow2Over(backing: string): Uint8Array {
  const bytes = new Uint8Array(65_536);
  const view = new DataView(bytes.buffer);
  bytes.set([0x51, 0x46, 0x49, 0xfb]);
  view.setUint32(4, 2);
  view.setBigUint64(8, 512n);
  view.setUint32(16, backing.length);
  view.setUint32(20, 16);
  view.setBigUint64(24, 1_474_560n);
  bytes.set(new TextEncoder().encode(backing), 512);
  return bytes;
}
