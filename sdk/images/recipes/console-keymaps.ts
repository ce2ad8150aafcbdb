/**
 * Keymaps of the Linux console, one for each layout, made the way Debian makes them: `ckbcomp` of console-setup reads
 * XKB's data, and `loadkeys` of kbd gives them to the kernel. Nothing of `sdk/input` but the layouts' names is used: what
 * these guests make of keys is what that code is tested against.
 */
import type { CpioEntry } from '../cpio.js';
import type { BuildContext } from '../recipe.js';
import { directory, file, symlink } from './guest-system.js';

export const KEYMAP_PACKAGES = [
  { name: 'console-setup' },
  { name: 'xkb-data' },
  { name: 'kbd' },
  { name: 'libc6' },
] as const;

const FOLDER = 'usr/share/keymaps';
const LIBRARIES = 'lib/i386-linux-gnu';

interface Keymap {
  name: string;
  layout: string;
  variant: string;
  options: readonly string[];
  /** Null: all. */
  tables: readonly (readonly [first: number, last: number])[] | null;
}

/** The keymap `us-ru` has two groups, as Russian systems have them: Alt+Shift goes over to Cyrillic and back. */
const GROUPED: Keymap = {
  name: 'us-ru',
  layout: 'us,ru',
  variant: ',',
  options: ['grp:alt_shift_toggle'],
  tables: null,
};

/**
 * Of ckbcomp's 128 tables, one for each combination of seven modifiers, those that can be reached where a layout has one
 * group: Shift, AltGr, Control and Alt, without and with Caps Lock (as ckbcomp has it, the modifier "CtrlL"). Loading
 * them all takes the guest four times as long.
 */
const ONE_GROUP: readonly (readonly [first: number, last: number])[] = [
  [0, 15],
  [64, 79],
];

/** `loadkeys`, and a keymap for it by the name of every layout. */
export async function consoleKeymaps(context: BuildContext): Promise<CpioEntry[]> {
  const { read } = context;
  // Only here: the catalogue is read at every launch, and the layouts are many files.
  const { LAYOUT_DATA } = await import('../../input/layouts/index.js');
  const layouts: Keymap[] = Object.values(LAYOUT_DATA).map(({ name, xkb }) => ({
    name,
    ...xkb,
    options: [],
    tables: ONE_GROUP,
  }));
  const keymaps: CpioEntry[] = [];
  for (const one of [...layouts, GROUPED]) {
    const whole = await keymap(context, one);
    const text = one.tables === null ? whole : onlyTables(whole, one.tables);
    keymaps.push(file(`${FOLDER}/${one.name}`, `${text}${composeTable()}`));
  }
  return [
    directory(LIBRARIES),
    file(`${LIBRARIES}/ld-linux.so.2`, await read('libc6', `${LIBRARIES}/ld-linux.so.2`), 0o755),
    file(`${LIBRARIES}/libc.so.6`, await read('libc6', `${LIBRARIES}/libc.so.6`), 0o755),
    symlink('lib/ld-linux.so.2', 'i386-linux-gnu/ld-linux.so.2'),
    file('bin/loadkeys', await read('kbd', 'bin/loadkeys'), 0o755),
    directory('usr/share'),
    directory(FOLDER),
    ...keymaps,
  ];
}

async function keymap({ perl }: BuildContext, { layout, variant, options }: Keymap): Promise<string> {
  const text = await perl({
    packageName: 'console-setup',
    path: 'usr/bin/ckbcomp',
    inside: 'xkb-data',
    args: ['-Iusr/share/X11/xkb', '-model', 'pc105', layout, variant, ...options],
  });
  // What follows is the host's own: its administrator's remarks in /etc/console-setup/remap.inc.
  const [keys = ''] = text.split('strings as usual', 1);
  return keys;
}

/**
 * The first line names the tables; the others are `keycode N =` and what the key is in each of them or, for keys that
 * are nothing in some, `shift altgr keycode N =` and what it is in that one.
 */
function onlyTables(text: string, ranges: readonly (readonly [number, number])[]): string {
  const [tables, ...lines] = text.trimEnd().split('\n');
  if (tables !== 'keymaps 0-127') throw new RangeError(`ckbcomp made other tables than is known here: ${tables ?? ''}`);
  const keys = lines.map((line) => {
    if (/^[a-z ]+ keycode/.test(line)) return /shift[lr]/.test(line) ? '' : `${line}\n`;
    const [, key = '', symbols = ''] = /^(keycode \d+ = )(.*)$/.exec(line) ?? [];
    const all = symbols.trim().split(/ +/);
    if (all.length !== 128) throw new RangeError(`ckbcomp gave a key ${all.length} symbols: ${line.slice(0, 60)}`);
    return `${key}${ranges.flatMap(([first, last]) => all.slice(first, last + 1)).join(' ')}\n`;
  });
  return `keymaps ${ranges.map(([first, last]) => `${first}-${last}`).join(',')}\n${keys.join('')}`;
}

/**
 * The diacritic that the kernel takes each kind of dead key for (`ret_diacr` in drivers/tty/vt/keyboard.c), and the
 * combining character that means the same.
 */
const DIACRITICS: readonly (readonly [diacritic: string, combining: string])[] = [
  ['`', '\u0300'],
  ["'", '\u0301'],
  ['^', '\u0302'],
  ['~', '\u0303'],
  ['"', '\u0308'],
  [',', '\u0327'],
  ['_', '\u0304'],
  ['U', '\u0306'],
  ['.', '\u0307'],
  ['*', '\u030a'],
  ['=', '\u030b'],
  ['c', '\u030c'],
  ['k', '\u0328'],
];

/** What dead keys make: every letter of Latin-1 and Latin Extended-A that Unicode takes apart into a letter and an accent. */
function composeTable(): string {
  const lines: string[] = [];
  for (let point = 0xc0; point < 0x180; point++) {
    const [base = '', combining, ...more] = String.fromCodePoint(point).normalize('NFD');
    const [diacritic] = DIACRITICS.find(([, accent]) => accent === combining) ?? [];
    if (diacritic === undefined || more.length > 0) continue;
    lines.push(`compose ${quoted(diacritic)} ${quoted(base)} to U+${point.toString(16).padStart(4, '0')}\n`);
  }
  return lines.join('');
}

function quoted(character: string): string {
  return `'${character === "'" ? "\\'" : character}'`;
}
