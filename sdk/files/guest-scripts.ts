/**
 * Pieces of POSIX shell that the channels run in the guest. What a script has to say is a line of its own that begins
 * with `GW-`; words that come from the guest's programs follow it.
 */
import { DIGEST_PROGRAMS, digestOf } from './digest.js';

/** A path or any other text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A path that no program takes for an option. */
export function guestPath(path: string): string {
  return quoted(path.startsWith('-') ? `./${path}` : path);
}

/** `say x y` prints a line. */
const SAY = `say() { printf '%s\\n' "GW-$*"; }; e=`;

/** Begins every script: `$p` is the file; `fail x` says what the last program said, and ends. */
export function prologue(path: string): string {
  return [`p=${guestPath(path)}`, SAY, `fail() { say "$1" "$e"; exit 1; }`].join('\n');
}

/** Makes the empty file that is written beside, `$t`. */
export const BEGIN_PUT = `[ -d "$p" ] && fail folder
t=$p.gw-part
e=$( (: > "$t") 2>&1 ) || fail unwritten`;

/** Compares `$t` with what was sent, gives it its permissions and its name. */
export function finishPut(bytes: Uint8Array, mode: number | null): string {
  const wanted = DIGEST_PROGRAMS.map((program) => `${program}) w=${digestOf(program, bytes)} ;;`).join(' ');
  const permissions =
    mode === null ? `m=; [ -f "$p" ] && m=$(stat -c %a "$p" 2>/dev/null)` : `m=${mode.toString(8).padStart(3, '0')}`;
  return `${takeDigest('$t')}
[ -n "$x" ] || fail no-digest
case $h in ${wanted} esac
e="$h \${x%% *}"; [ "\${x%% *}" = "$w" ] || fail differs
${permissions}
if [ -n "$m" ]; then e=$(chmod "$m" "$t" 2>&1) || fail unwritten; fi
e=$(mv -f "$t" "$p" 2>&1) || fail unwritten
say done`;
}

/** Refuses what cannot be read. */
export const BEGIN_GET = `[ -e "$p" ] || fail missing
[ -d "$p" ] && fail folder
e=$( (: < "$p") 2>&1 ) || fail unreadable`;

/** Sets `$h` to a program and `$x` to what it prints for a file; `$x` is empty where there is none. */
export function takeDigest(file: string): string {
  return `for h in ${DIGEST_PROGRAMS.join(' ')}; do x=$($h < "${file}" 2>/dev/null) && break; x=; done`;
}
