import { expect, test } from 'vitest';
import { collectModules, modulesAlias, modulesDep, withoutSignature } from './modules.js';

/** A module as far as it is read here: bytes, with the strings of its `.modinfo` section somewhere in them. */
function moduleOf(...strings: string[]): Uint8Array {
  return Buffer.from(`\x7fELF\0\xff\0${strings.map((one) => `${one}\0`).join('')}\0rest`, 'latin1');
}

const FILES = new Map([
  ['lib/modules/6/kernel/fs/ext4.ko', moduleOf('alias=fs-ext4', 'alias=fs-ext2', 'depends=jbd2,crc-16')],
  ['lib/modules/6/kernel/fs/jbd2.ko', moduleOf('depends=crc-16')],
  ['lib/modules/6/kernel/lib/crc-16.ko', moduleOf('license=GPL', 'depends=')],
  ['lib/modules/6/kernel/lib/unused.ko', moduleOf('depends=')],
]);

const read = async (path: string) => FILES.get(path) ?? new Uint8Array();
const collect = (...wanted: string[]) => collectModules(wanted, [...FILES.keys()], read);

test('a module comes after everything that it depends on, once, dash or underscore', async () => {
  const modules = await collect('ext4', 'jbd2');
  expect(modules.map(({ name }) => name)).toEqual(['crc_16', 'jbd2', 'ext4']);
  expect(modules.map(({ path }) => path)).toEqual(['kernel/lib/crc-16.ko', 'kernel/fs/jbd2.ko', 'kernel/fs/ext4.ko']);
});

test('the tables for modprobe name dependencies nearest first, and aliases', async () => {
  const modules = await collect('ext4');
  expect(modulesDep(modules)).toBe(
    [
      'kernel/lib/crc-16.ko:',
      'kernel/fs/jbd2.ko: kernel/lib/crc-16.ko',
      'kernel/fs/ext4.ko: kernel/fs/jbd2.ko kernel/lib/crc-16.ko',
      '',
    ].join('\n'),
  );
  expect(modulesAlias(modules)).toBe('alias fs-ext4 ext4\nalias fs-ext2 ext4\n');
});

test('a module that the kernel package lacks is named', async () => {
  await expect(collect('ext5')).rejects.toThrow('no module ext5');
});

test('the signature at the end of a module is cut off, and nothing else', () => {
  const content = moduleOf('depends=');
  const signature = Buffer.alloc(300, 0x5a);
  const trailer = Buffer.alloc(12);
  trailer.writeUInt32BE(signature.length, 8);
  const signed = Buffer.concat([content, signature, trailer, Buffer.from('~Module signature appended~\n')]);
  expect(Buffer.from(withoutSignature(signed))).toEqual(Buffer.from(content));
  expect(withoutSignature(content)).toBe(content);
});
