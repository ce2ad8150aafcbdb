/** Gives the busybox guest somebody to log in: its getty and login, in place of the shells that it starts with. */
export const PASSWORD = 'correct horse';
/** The same as `/etc/passwd` has it: `openssl passwd -5 -salt guestwright`. */
const HASH = '$5$guestwright$zz8GFhsA3PbXnIPMvwsHVKaMlX5lGjmnHbrOUDhIRh5';

/** Gives the guest somebody to log in, and init a `getty` for a terminal, which it starts once it is told (`NOW`). */
export const withLogin = (terminal: string): string =>
  `echo 'tester:${HASH}:1000:1000::/tmp:/bin/sh' >> /etc/passwd; ` +
  `sed -i 's#^${terminal}.*#${terminal}::respawn:/bin/getty -L 115200 ${terminal} vt102#' /etc/inittab`;

/** The shell that is there makes room for it. */
export const NOW = 'kill -HUP 1; exit\n';
