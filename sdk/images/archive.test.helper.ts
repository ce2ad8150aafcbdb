/** A package archive of a test's own: small real packages in a folder, and an `apt-get` that offers them. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** Does what `apt-get` is asked here, on the folder `$ARCHIVE` of .deb files. */
export const APT_GET = `#!/bin/sh
shift 2
echo "$*" >> "$ARCHIVE/log"
version() {
  case $1 in *=*) echo "\${1#*=}" ;; *) ls "$ARCHIVE" | sed -n "s/^\${1}_\\(.*\\)_i386.deb$/\\1/p" | sort | tail -n 1 ;; esac
}
command=$1
shift
# While apt reads a list anew, nothing is on it.
[ "$command" = update ] && { touch "$ARCHIVE/reading"; sleep 0.3; rm "$ARCHIVE/reading"; exit 0; }
[ -e "$ARCHIVE/reading" ] && { echo 'E: nothing is on the list' >&2; exit 100; }
shift
for want; do
  file=\${want%%=*}_$(version "$want")_i386.deb
  [ -f "$ARCHIVE/$file" ] || { echo "E: $want was not found" >&2; exit 100; }
  case $command in
    -q) cp "$ARCHIVE/$file" . ;;
    *) echo "'http://archive/$file' $file $(stat -c %s "$ARCHIVE/$file") SHA256:$(sha256sum < "$ARCHIVE/$file" | cut -c 1-64)" ;;
  esac
done
`;

/** Offers this version of a package, with these files, and nothing else. */
export async function offerPackage(
  archive: string,
  name: string,
  version: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const file of await readdir(archive)) if (file.endsWith('.deb')) await rm(join(archive, file));
  const tree = await mkdtemp(join(tmpdir(), 'guestwright-package-'));
  try {
    await mkdir(join(tree, 'DEBIAN'));
    const control = `Package: ${name}\nVersion: ${version}\nArchitecture: i386\nMaintainer: a test\nDescription: a test\n`;
    await writeFile(join(tree, 'DEBIAN', 'control'), control);
    for (const [path, data] of Object.entries(files)) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), data);
    }
    // Packages of a folder that only its owner may enter are refused.
    await execa('chmod', ['-R', 'u=rwX,go=rX', tree]);
    await execa('dpkg-deb', ['--build', '--root-owner-group', tree, join(archive, `${name}_${version}_i386.deb`)]);
  } finally {
    await rm(tree, { recursive: true });
  }
}
