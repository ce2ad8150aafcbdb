/** Unpacks xz and LZMA streams with dpkg-deb, which is there anyway and links the library for both. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from './files.js';

/**
 * An archive member called `data.tar.xz` or `data.tar.lzma` is unpacked as it is, whatever it holds.
 *
 * @param scratch a folder for the archive
 */
export async function unpack(data: Uint8Array, format: 'xz' | 'lzma', scratch: string): Promise<Uint8Array> {
  const member = (name: string, content: Uint8Array) => [
    Buffer.from(`${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6).repeat(2)}${'100644'.padEnd(8)}`),
    Buffer.from(`${String(content.length).padEnd(10)}\`\n`),
    content,
    Buffer.alloc(content.length % 2, '\n'),
  ];
  const folder = join(scratch, '.unpacked');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${sha256(data).slice(0, 16)}.deb`);
  const wrapped = [
    Buffer.from('!<arch>\n'),
    ...member('debian-binary', Buffer.from('2.0\n')),
    ...member('control.tar', Buffer.alloc(1024)),
    ...member(`data.tar.${format}`, data),
  ];
  await writeFile(file, Buffer.concat(wrapped));
  const { execa } = await import('execa');
  const { stdout } = await execa('dpkg-deb', ['--fsys-tarfile', file], { encoding: 'buffer', stdin: 'ignore' });
  return stdout;
}
