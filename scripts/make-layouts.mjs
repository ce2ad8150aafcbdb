// Makes sdk/input/layouts/ out of XKB's data: a maintainer's tool, run when layouts are added or XKB moves on.
//
//     node scripts/make-layouts.mjs              # downloads the packages (apt-get download), unpacks, writes
//     node scripts/make-layouts.mjs --debs DIR   # takes the .deb files from a folder instead
//
// Needs apt-get and dpkg-deb (Debian, Ubuntu), no root, nothing installed. Equal packages give equal files; every file
// names the versions that it was made from.
//
// What comes from where:
// - which key types what: `xkbcli compile-keymap`, XKB's own compiler. XKB's symbol files are a language (includes with
//   variants, overriding, merging, groups, aliases, types), and a second compiler for it would have its own mistakes;
// - what a keysym is in Unicode: X11's keysymdef.h;
// - what a dead key makes of the next key: X11's Compose table for UTF-8 locales.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format } from 'prettier';

/** Our name, its title, XKB's layout and variant. */
const LAYOUTS = [
  ['us', 'English (US)', 'us'],
  ['us-intl', 'English (US, international with dead keys)', 'us', 'intl'],
  ['dvorak', 'English (Dvorak)', 'us', 'dvorak'],
  ['uk', 'English (UK)', 'gb'],
  ['de', 'German', 'de'],
  ['fr', 'French (AZERTY)', 'fr'],
  ['es', 'Spanish', 'es'],
  ['latam', 'Spanish (Latin American)', 'latam'],
  ['it', 'Italian', 'it'],
  ['pt', 'Portuguese', 'pt'],
  ['pt-br', 'Portuguese (Brazil, ABNT2)', 'br'],
  ['se', 'Swedish', 'se'],
  ['no', 'Norwegian', 'no'],
  ['dk', 'Danish', 'dk'],
  ['fi', 'Finnish', 'fi'],
  ['ch', 'German (Switzerland)', 'ch'],
  ['ch-fr', 'French (Switzerland)', 'ch', 'fr'],
  ['be', 'Belgian', 'be'],
  ['ca', 'French (Canada)', 'ca'],
  ['pl', 'Polish', 'pl'],
  ['cz', 'Czech', 'cz'],
  ['hu', 'Hungarian', 'hu'],
  ['tr', 'Turkish', 'tr'],
  ['jp', 'Japanese (JIS keys, without an input method)', 'jp'],
  ['ru', 'Russian', 'ru'],
];

/** XKB's names of the keys that type characters, in the order of the keyboard. The rest is the same everywhere. */
const KEYS = new Map([
  ...row('AE', 1, [...'1234567890'].map((digit) => `Digit${digit}`).concat('Minus', 'Equal', 'IntlYen')),
  ...row('AD', 1, letters('QWERTYUIOP').concat('BracketLeft', 'BracketRight')),
  ...row('AC', 1, letters('ASDFGHJKL').concat('Semicolon', 'Quote')),
  ...row('AB', 1, letters('ZXCVBNM').concat('Comma', 'Period', 'Slash', 'IntlRo')),
  ['TLDE', 'Backquote'],
  ['BKSL', 'Backslash'],
  ['LSGT', 'IntlBackslash'],
  ['SPCE', 'Space'],
]);

const PACKAGES = ['xkb-data', 'libxkbcommon-tools', 'libxkbcommon0', 'x11proto-dev', 'libx11-data'];
const OUT = fileURLToPath(new URL('../sdk/input/layouts', import.meta.url));

const { values: options } = parseArgs({ options: { debs: { type: 'string' } } });
const scratch = mkdtempSync(join(tmpdir(), 'make-layouts-'));
try {
  await make();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function make() {
  const { root, versions } = unpack();
  const unicode = readKeysyms(readFileSync(join(root, 'usr/include/X11/keysymdef.h'), 'utf8'));
  const compose = readCompose(
    readFileSync(join(root, 'usr/share/X11/locale/en_US.UTF-8/Compose'), 'utf8'),
    (keysym) => unicode.get(keysym) ?? unicodeName(keysym),
  );
  const files = new Map();
  const deadKeys = new Set();
  const from = `xkb-data ${versions.get('xkb-data')}`;
  for (const [name, title, layout, variant = ''] of LAYOUTS) {
    const keys = readKeymap(compile(root, layout, variant), (keysym) => meaning(keysym, unicode, compose));
    for (const levels of keys.values())
      levels.filter((one) => one.startsWith('dead_')).forEach((one) => deadKeys.add(one));
    files.set(`${name}.ts`, layoutFile({ name, title, layout, variant, keys, from }));
  }
  files.set('compose.ts', composeFile(compose, [...deadKeys].sort(), `libx11-data ${versions.get('libx11-data')}`));
  files.set('names.ts', namesFile(from));
  files.set('index.ts', indexFile(from));
  await write(files);
  console.log(
    `${LAYOUTS.length} layouts and ${deadKeys.size} dead keys, from ${PACKAGES.map((one) => `${one} ${versions.get(one)}`).join(', ')}`,
  );
}

/** Unpacks the packages into one tree. */
function unpack() {
  const debs = resolve(options.debs ?? scratch);
  if (options.debs === undefined) run('apt-get', ['-q', 'download', ...PACKAGES], { cwd: scratch });
  const root = join(scratch, 'root');
  mkdirSync(root);
  const versions = new Map();
  for (const name of PACKAGES) {
    const file = readdirSync(debs).find((one) => one.startsWith(`${name}_`) && one.endsWith('.deb'));
    if (file === undefined) throw new Error(`There is no ${name}_*.deb in ${debs}`);
    run('dpkg-deb', ['-x', join(debs, file), root]);
    versions.set(name, run('dpkg-deb', ['-f', join(debs, file), 'Version']).trim());
  }
  return { root, versions };
}

function compile(root, layout, variant) {
  const library = readdirSync(join(root, 'usr/lib'), { recursive: true }).find((path) =>
    path.endsWith('libxkbcommon.so.0'),
  );
  return run(
    join(root, 'usr/libexec/xkbcommon/xkbcli-compile-keymap'),
    [
      '--include',
      join(root, 'usr/share/X11/xkb'),
      '--rules',
      'evdev',
      '--model',
      'pc105',
      '--layout',
      layout,
      '--variant',
      variant,
    ],
    { env: { ...process.env, LD_LIBRARY_PATH: join(root, 'usr/lib', library, '..') } },
  );
}

function run(tool, args, settings = {}) {
  const { status, stdout, stderr, error } = spawnSync(tool, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    ...settings,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')} failed:\n${stderr}`);
  return stdout;
}

/** Names of keysyms to characters: `#define XK_eacute 0x00e9 /* U+00E9 … *\/`. Approximate ones are in parentheses: left out. */
function readKeysyms(header) {
  const found = new Map();
  for (const [, name, point] of header.matchAll(/^#define XK_(\w+)\s+0x[0-9a-f]+\s*\/\* U\+([0-9A-F]{4,6}) /gim)) {
    found.set(name, String.fromCodePoint(parseInt(point, 16)));
  }
  if (found.get('eacute') !== 'é' || found.get('Cyrillic_ya') !== 'я')
    throw new Error('keysymdef.h was not understood');
  return found;
}

/** `U20AC` and `0x10020ac` name a code point themselves. */
function unicodeName(keysym) {
  const [, point] = /^(?:U|0x100)([0-9A-Fa-f]{4,5})$/.exec(keysym) ?? [];
  return point === undefined ? undefined : String.fromCodePoint(parseInt(point, 16));
}

/** A character, the name of a dead key, or '' for what types nothing. */
function meaning(keysym, unicode, compose) {
  if (keysym.startsWith('dead_')) return compose.has(keysym) ? keysym : '';
  const character = unicode.get(keysym) ?? unicodeName(keysym) ?? '';
  return /\p{Cc}|\p{M}/u.test(character) ? '' : character;
}

/**
 * Dead key -> { what comes next: what both make }. Only sequences of two keys that make one character; what comes next is
 * a character, or the dead key itself once more.
 */
function readCompose(table, characterOf) {
  const found = new Map();
  const line = /^<(dead_\w+)> <(\w+)>\s*:\s*"((?:[^"\\]|\\.)+)"/gm;
  for (const [, dead, next, escaped] of table.matchAll(line)) {
    const result = escaped.replace(/\\(.)/g, '$1');
    const base = next === dead ? 'again' : next.startsWith('dead_') ? undefined : characterOf(next);
    if (base === undefined || [...result].length !== 1 || /\p{M}/u.test(result)) continue;
    const pairs = found.get(dead) ?? new Map();
    if (!pairs.has(base)) pairs.set(base, result);
    found.set(dead, pairs);
  }
  if (found.get('dead_acute')?.get('e') !== 'é') throw new Error('The Compose table was not understood');
  return found;
}

/** Key -> up to four levels: alone, with Shift, with AltGr, with both. */
function readKeymap(keymap, meaningOf) {
  const symbols = keymap.slice(keymap.indexOf('xkb_symbols'));
  const levelsOf = (name) => {
    const [, body = ''] = new RegExp(`key <${name}>\\s*\\{([^}]*)\\}`).exec(symbols) ?? [];
    const [, list = ''] = /(?:symbols\[Group1\]=\s*|^\s*)\[([^\]]*)\]/.exec(body) ?? [];
    return list.split(',').map((keysym) => keysym.trim());
  };
  // Without a key that chooses the third level there is none.
  const levels = levelsOf('RALT')[0] === 'ISO_Level3_Shift' ? 4 : 2;
  const found = new Map();
  for (const [name, code] of KEYS) {
    const typed = levelsOf(name).slice(0, levels).map(meaningOf);
    while (typed.at(-1) === '') typed.pop();
    if (typed.length > 0) found.set(code, typed);
  }
  if (found.size < 45) throw new Error(`Only ${found.size} keys were found in a keymap`);
  return found;
}

function layoutFile({ name, title, layout, variant, keys, from }) {
  const entries = [...keys].map(([code, levels]) => `${code}: ${JSON.stringify(levels)},`);
  return `${header(`${from}, layout ${[layout, variant].filter(Boolean).join(' ')}`)}
import type { LayoutData } from '../layout-data.js';

export const ${identifier(name)}: LayoutData = {
  name: ${JSON.stringify(name)},
  title: ${JSON.stringify(title)},
  xkb: { layout: ${JSON.stringify(layout)}, variant: ${JSON.stringify(variant)} },
  keys: {
    ${entries.join('\n')}
  },
};
`;
}

function composeFile(compose, deadKeys, from) {
  const entries = deadKeys.map((dead) => {
    const pairs = new Map(compose.get(dead));
    const own = (key) => (pairs.has(key) ? JSON.stringify(pairs.get(key)) : 'null');
    const rest = [...pairs]
      .filter(([base]) => base !== ' ' && base !== 'again')
      .sort(([a], [b]) => a.codePointAt(0) - b.codePointAt(0));
    const lines = [];
    for (let at = 0; at < rest.length; at += 40)
      lines.push(
        JSON.stringify(
          rest
            .slice(at, at + 40)
            .flat()
            .join(''),
        ),
      );
    return `${dead}: { space: ${own(' ')}, again: ${own('again')}, pairs: [${lines.join(', ')}] },`;
  });
  return `${header(`${from}, Compose of en_US.UTF-8`)}
import type { DeadKeyData } from '../layout-data.js';

/** What dead keys make, by their names. */
export const DEAD_KEYS: Readonly<Record<string, DeadKeyData>> = {
  ${entries.join('\n')}
};
`;
}

function indexFile(from) {
  const names = LAYOUTS.map(([name]) => name);
  return `${header(from)}
import type { LayoutData } from '../layout-data.js';
import type { LAYOUT_NAMES } from './names.js';
${names.map((name) => `import { ${identifier(name)} } from './${name}.js';`).join('\n')}

export const LAYOUT_DATA: Readonly<Record<(typeof LAYOUT_NAMES)[number], LayoutData>> = {
  ${names.map((name) => (identifier(name) === name ? `${name},` : `${JSON.stringify(name)}: ${identifier(name)},`)).join('\n')}
};
`;
}

/** Apart from the layouts: every spec is checked against the names, and few processes type. */
function namesFile(from) {
  return `${header(from)}

/** Names of all layouts. */
export const LAYOUT_NAMES = ${JSON.stringify(LAYOUTS.map(([name]) => name))} as const;
`;
}

function header(from) {
  return `/**
 * Generated by scripts/make-layouts.mjs; do not edit. From ${from}.
 * The data is X.Org's, under its MIT-like licences: see that Debian package's copyright file.
 */`;
}

/** All files or none: the old ones go when the new ones are there. */
async function write(files) {
  const fresh = `${OUT}.${process.pid}`;
  mkdirSync(fresh);
  try {
    for (const [name, text] of files) {
      const path = join(OUT, name);
      const pretty = await format(text, { filepath: path, parser: 'typescript', printWidth: 120, singleQuote: true });
      writeFileSync(join(fresh, name), pretty);
    }
    rmSync(OUT, { recursive: true, force: true });
    renameSync(fresh, OUT);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function identifier(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

function letters(text) {
  return [...text].map((letter) => `Key${letter}`);
}

function row(prefix, first, codes) {
  return codes.map((code, index) => [`${prefix}${String(first + index).padStart(2, '0')}`, code]);
}
