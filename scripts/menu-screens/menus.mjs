// The menus: what each loader is given, and the text that it then shows.

const VERSION = 'GNU GRUB  version 2.06-13+deb12u2';
const HELP = [
  'Use the ↑ and ↓ keys to select which entry is highlighted.',
  "Press enter to boot the selected OS, `e' to edit the commands before booting or `c'",
  'for a command-line.',
];
/** GRUB breaks its help where the screen is narrower. */
const HELP_640 = [
  HELP[0],
  "Press enter to boot the selected OS, `e' to edit the commands",
  "before booting or `c' for a command-line.",
];
const HELP_1024 = [
  HELP[0],
  "Press enter to boot the selected OS, `e' to edit the commands before booting or `c' for a command-line.",
];

const entry = (title) => `menuentry ${JSON.stringify(title)} { true }\n`;

/** GRUB's own menu, in gfxterm over a picture. */
function gfxterm({
  name,
  width,
  height,
  background,
  colours,
  entries,
  selected,
  help,
  extra = '',
  after = [],
  ...rest
}) {
  const config = [
    'insmod all_video\ninsmod gfxterm\ninsmod png\ninsmod font',
    'loadfont /boot/grub/fonts/unicode.pf2',
    `set gfxmode=${width}x${height}`,
    'terminal_output gfxterm',
    'background_image -m stretch /boot/grub/background.png',
    `set color_normal=${colours.normal}\nset menu_color_normal=${colours.menu}\nset menu_color_highlight=${colours.highlight}`,
    `set default=${selected}`,
    extra,
    ...entries.map(entry),
  ].join('\n');
  const text = [VERSION, ...entries.map((title, i) => (i === selected ? `*${title}` : title)), ...help, ...after];
  return { name, loader: 'grub', width, height, background, config, text, ...rest };
}

/** GRUB's graphical menu with a theme. `labels` are texts with their place. */
function themed({ name, width, height, background, title, entries, selected, labels, menu, extra = '', pictures }) {
  const config = [
    'insmod all_video\ninsmod gfxterm\ninsmod gfxmenu\ninsmod png\ninsmod font',
    'loadfont /boot/grub/fonts/unicode.pf2',
    `set gfxmode=${width}x${height}`,
    'terminal_output gfxterm',
    'set theme=/boot/grub/themes/menu/theme.txt\nexport theme',
    `set default=${selected}`,
    extra,
    ...entries.map(entry),
  ].join('\n');
  const label = ({ text, left, top, colour, id, align }) =>
    [
      '+ label {',
      `  left = ${left}\n  top = ${top}\n  width = 90%`,
      `  text = ${JSON.stringify(text)}\n  color = "${colour}"\n  font = "Unifont Regular 16"`,
      align === undefined ? '' : `  align = "${align}"`,
      id === undefined ? '' : `  id = "${id}"`,
      '}',
    ].join('\n');
  const theme = [
    `title-text: ${JSON.stringify(title.text)}`,
    `title-color: "${title.colour}"\ntitle-font: "Unifont Regular 16"`,
    'desktop-image: "background.png"',
    `+ boot_menu {\n  font = "Unifont Regular 16"\n${menu}\n}`,
    ...labels.map(label),
  ].join('\n');
  const at = (top) => Number(String(top).replace('%', ''));
  const above = labels.filter(({ top }) => at(top) < 20).map(({ shown, text }) => shown ?? text);
  const below = labels.filter(({ top }) => at(top) >= 20).map(({ shown, text }) => shown ?? text);
  const text = [...(title.text === '' ? [] : [title.text]), ...above, ...entries, ...below];
  return { name, loader: 'grub', width, height, background, config, theme, text, pictures };
}

/** Syslinux's graphical menu. A hot key's `^` is not shown. */
function vesamenu({ name, width, height, background, title, entries, lines, after, ...rest }) {
  const config = [
    'UI vesamenu.c32',
    'PROMPT 0',
    `MENU RESOLUTION ${width} ${height}`,
    background === undefined ? '' : 'MENU BACKGROUND splash.png',
    `MENU TITLE ${title}`,
    ...lines,
    ...entries.map(({ label, more = [] }, i) =>
      [`LABEL e${i}`, `  MENU LABEL ${label}`, '  KERNEL none', ...more].join('\n'),
    ),
  ].join('\n');
  const text = [title, ...entries.map(({ label, shown }) => shown ?? label.replace('^', '')), ...after];
  return { name, loader: 'syslinux', width, height, background, config: `${config}\n`, text, ...rest };
}

const NIGHT = { from: [4, 12, 30], to: [30, 80, 120], waves: 9, shapes: true };
const DAWN = { from: [90, 30, 60], to: [210, 140, 90], waves: 7, grain: 4 };
const FOREST = { from: [10, 40, 20], to: [90, 130, 70], waves: 13, grain: 6 };
const SNOW = { from: [190, 205, 220], to: [250, 250, 255], waves: 8, shapes: true };
const SEA = { from: [0, 60, 90], to: [60, 160, 170], waves: 11, shapes: true };

const TAB = 'Press [Tab] to edit options';

export const MENUS = [
  gfxterm({
    name: 'menu-gfxterm-night',
    width: 640,
    height: 480,
    background: NIGHT,
    colours: { normal: 'light-gray/black', menu: 'light-gray/black', highlight: 'white/black' },
    entries: [
      'Debian GNU/Linux',
      'Advanced options for Debian GNU/Linux',
      'Memory test (memtest86+x64.bin)',
      'UEFI Firmware Settings',
    ],
    selected: 0,
    help: HELP_640,
  }),
  gfxterm({
    name: 'menu-gfxterm-dawn',
    width: 800,
    height: 600,
    background: DAWN,
    colours: { normal: 'white/black', menu: 'cyan/black', highlight: 'yellow/black' },
    entries: [
      'openSUSE Leap 15.6',
      'Start bootloader from a read-only snapshot',
      'Windows Boot Manager (on /dev/sda1)',
      'System setup',
    ],
    selected: 2,
    help: HELP,
    extra: 'set timeout=90',
    settleMs: 1,
    after: ['The highlighted entry will be executed automatically in 90s.'],
  }),
  gfxterm({
    name: 'menu-gfxterm-scripts',
    width: 1024,
    height: 768,
    background: SEA,
    colours: { normal: 'white/black', menu: 'white/black', highlight: 'black/light-gray' },
    entries: [
      'Установить систему',
      'Français (clé USB)',
      'Ελληνικά: εγκατάσταση',
      'Čeština - instalátor',
      '日本語インストーラ',
      '简体中文 安装程序',
      'Português do Brasil',
    ],
    selected: 3,
    help: HELP_1024,
  }),
  gfxterm({
    name: 'menu-gfxterm-snow',
    width: 800,
    height: 600,
    background: SNOW,
    colours: { normal: 'black/light-gray', menu: 'blue/black', highlight: 'white/blue' },
    entries: [
      'Try or Install',
      'Install in expert mode',
      'Test memory',
      'Boot from next volume',
      'Rescue a broken system',
      'Power off',
    ],
    selected: 4,
    help: HELP,
  }),
  themed({
    name: 'menu-theme-night',
    width: 640,
    height: 480,
    background: NIGHT,
    title: { text: 'Choose a system', colour: '#ffffff' },
    entries: ['Arch Linux', 'Arch Linux, with Linux linux-lts', 'Fallback initramfs', 'Firmware setup'],
    selected: 1,
    menu: '  left = 15%\n  top = 25%\n  width = 70%\n  height = 45%\n  item_color = "#a0b0c0"\n  selected_item_color = "#ffd040"\n  item_height = 24\n  item_padding = 4\n  item_spacing = 2',
    labels: [{ text: 'Enter: boot   e: edit   c: command line', left: '5%', top: '90%', colour: '#80ff80' }],
  }),
  themed({
    name: 'menu-theme-dawn',
    width: 800,
    height: 600,
    background: DAWN,
    title: { text: '', colour: '#ffffff' },
    entries: ['Fedora Linux (6.8.5-301.fc40.x86_64)', 'Fedora Linux (0-rescue-5f1c)', 'Troubleshooting -->'],
    selected: 0,
    pictures: { 'select_c.png': { from: [20, 20, 60], to: [20, 20, 60], waves: 0, plain: true, width: 8, height: 8 } },
    menu: '  left = 80\n  top = 170\n  width = 620\n  height = 240\n  item_color = "#ffffff"\n  selected_item_color = "#ffff00"\n  selected_item_pixmap_style = "select_*.png"\n  item_height = 20\n  item_spacing = 10',
    labels: [
      { text: 'Start Fedora', left: '37', top: '61', colour: '#102040' },
      { text: 'Built on 2024-04-23, revision 7', left: '403', top: '557', colour: '#000000' },
    ],
  }),
  themed({
    name: 'menu-theme-forest',
    width: 1024,
    height: 768,
    background: FOREST,
    title: { text: 'GNU Guix System', colour: '#ffffff' },
    entries: [
      'GNU with Linux-Libre 6.6.28',
      'GNU with Linux-Libre 6.6.27 (#12, 2024-04-14 09:31)',
      'GNU system, old configurations...',
      'Обновить',
      'Éteindre',
    ],
    selected: 2,
    menu: '  left = 211\n  top = 203\n  width = 60%\n  height = 50%\n  item_color = "#e0e0e0"\n  selected_item_color = "#ff8060"\n  item_height = 32\n  item_spacing = 5',
    labels: [
      { text: 'Use the arrow keys; press Enter', left: '211', top: '681', colour: '#ffffff' },
      { text: 'tty1 9600n8', left: '811', top: '721', colour: '#c0ff40' },
    ],
  }),
  vesamenu({
    name: 'menu-vesa-plain',
    width: 640,
    height: 480,
    background: NIGHT,
    title: 'Boot menu',
    entries: [
      { label: 'Install' },
      { label: 'Graphical install' },
      { label: 'Rescue mode' },
      { label: 'Boot from the first hard disk' },
    ],
    lines: [],
    after: [TAB],
  }),
  vesamenu({
    name: 'menu-vesa-debian',
    width: 640,
    height: 480,
    background: SEA,
    title: 'Debian GNU/Linux 12 menu (BIOS mode)',
    entries: [
      { label: '^Graphical install' },
      { label: '^Install' },
      { label: 'Accessible ^dark contrast' },
      { label: 'Install with ^speech synthesis' },
      { label: '^Help' },
    ],
    lines: [
      'MENU COLOR screen 37;40 #00000000 #00000000 none',
      'MENU COLOR title * #FFFFFFFF * none',
      'MENU COLOR border * #00000000 #00000000 none',
      'MENU COLOR sel * #ffffffff #ff76a1d0 none',
      'MENU COLOR hotsel 1;7;37;40 #ffffffff #ff76a1d0 none',
      'MENU COLOR unsel * #ffc0d0e0 #00000000 none',
      'MENU COLOR hotkey * #ffffff00 #00000000 none',
      'MENU COLOR tabmsg * #ffffffff #00000000 none',
      'MENU COLOR help 37;40 #ffffdddd #00000000 none',
      'MENU VSHIFT 8\nMENU HSHIFT 4\nMENU WIDTH 60\nMENU MARGIN 4\nMENU ROWS 8\nMENU TABMSGROW 14',
    ],
    after: [TAB],
  }),
  vesamenu({
    name: 'menu-vesa-dawn',
    width: 800,
    height: 600,
    background: DAWN,
    title: 'CentOS 7',
    entries: [
      {
        label: 'Test this ^media & install CentOS 7',
        more: [
          '  TEXT HELP',
          '  Checks the medium before it starts.',
          '  This can take several minutes.',
          '  ENDTEXT',
          '  MENU DEFAULT',
        ],
      },
      { label: '^Install CentOS 7' },
      { label: '^Troubleshooting', shown: 'Troubleshooting' },
    ],
    lines: [
      'MENU COLOR border 0 #ffffffff #00000000 none',
      'MENU COLOR title 0 #ffcc000000 #00000000 none'.replace('#ffcc000000', '#ffffcc66'),
      'MENU COLOR sel 0 #ffffffff #ff202080 none',
      'MENU COLOR hotsel 0 #ff84b8ff #ff202080 none',
      'MENU COLOR unsel 0 #ffffffff #00000000 none',
      'MENU COLOR hotkey 0 #ff84b8ff #00000000 none',
      'MENU COLOR tabmsg 0 #ffffffff #00000000 none',
      'MENU COLOR help 0 #ffffffff #00000000 none',
      'MENU TABMSG Press Tab for full configuration options on menu items.',
    ],
    after: [
      'Press Tab for full configuration options on menu items.',
      'Checks the medium before it starts.',
      'This can take several minutes.',
    ],
  }),
  vesamenu({
    name: 'menu-vesa-forest',
    width: 1024,
    height: 768,
    background: FOREST,
    title: 'Clonezilla live (Default settings, VGA 800x600)',
    entries: [
      { label: 'Clonezilla live (To RAM)' },
      { label: 'Other modes of Clonezilla live' },
      { label: 'Local operating system in hard drive' },
      { label: 'Network boot via iPXE' },
      { label: 'Memory test' },
    ],
    lines: [
      'TIMEOUT 3000',
      'MENU COLOR title 1;36;44 #ffffffff #a0000000 std',
      'MENU COLOR unsel 37;44 #ffe0e0e0 #60000000 std',
      'MENU COLOR sel 7;37;40 #ff000000 #ffffffff all',
      'MENU COLOR border 30;44 #ffa0a0a0 #60000000 none',
      'MENU COLOR timeout_msg 37;40 #ffff8080 #60000000 std',
      'MENU COLOR timeout 1;37;40 #ffffffff #60000000 std',
      'MENU COLOR tabmsg 31;40 #ffffff80 #60000000 std',
    ],
    settleMs: 1,
    after: [TAB, 'Automatic boot in 300 seconds...'],
  }),
  vesamenu({
    name: 'menu-vesa-shadow',
    width: 800,
    height: 600,
    background: SNOW,
    title: 'SystemRescue 11.00',
    entries: [
      { label: 'Boot SystemRescue using default options' },
      { label: 'Boot and copy system to RAM (copytoram)' },
      { label: 'Boot with a serial console (ttyS0,115200n8)' },
      { label: 'Stop during the boot process before mounting the root' },
    ],
    lines: [
      'MENU COLOR title 1;36;44 #ff101060 #00000000 none',
      'MENU COLOR unsel 37;44 #ff204080 #00000000 none',
      'MENU COLOR sel 7;37;40 #ffffffff #c0204080 std',
      'MENU COLOR border 30;44 #ff204080 #00000000 none',
      'MENU COLOR tabmsg 31;40 #ff800000 #00000000 none',
    ],
    keys: ['down', 'down'],
    after: [TAB],
  }),
  vesamenu({
    name: 'menu-vesa-alpha',
    width: 800,
    height: 600,
    background: DAWN,
    title: 'Network boot',
    entries: [{ label: 'Local disk' }, { label: 'Debian 12 netinst' }, { label: 'Hardware detection tool' }],
    lines: ['MENU COLOR unsel 37;44 #90ffffff #00000000 std', 'MENU COLOR title 1;36;44 #c0ffffff #00000000 std'],
    after: [TAB],
  }),
];
