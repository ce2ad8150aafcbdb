/** What a transfer failed of, in words. */
import { GuestwrightError } from '../errors.js';
import { terminalText } from '../serial/ansi.js';
import { LARGEST, type ChannelUnable, type GuestRefusal } from './channel.js';

/** Characters of the guest's words that a message shows. */
const SHOWN = 500;

export function refused(
  outcome: GuestRefusal | ChannelUnable,
  { path, way }: { path: string; way: 'put' | 'get' },
): GuestwrightError {
  const shown = JSON.stringify(path);
  switch (outcome.kind) {
    case 'missing':
      return new GuestwrightError(`There is no file ${shown} in the guest`, {
        kind: 'assertion',
        code: 'guest-file-missing',
        expected: `a file ${shown}`,
        seen: 'no such file',
        next: "look what is there: shell.run('ls -l …')",
      });
    case 'folder':
      return new GuestwrightError(`${shown} is a folder in the guest`, {
        kind: 'assertion',
        code: 'guest-path-is-folder',
        expected: 'the path of a file',
        seen: 'a folder',
        next: way === 'put' ? 'name the file in it, too' : "make one file of it first: shell.run('tar -cf …')",
      });
    case 'large':
      return tooLarge(`${shown} in the guest, ${outcome.size} bytes`, LARGEST);
    case 'unreadable':
      return new GuestwrightError(`${shown} cannot be read in the guest`, {
        kind: 'assertion',
        code: 'guest-file-not-readable',
        expected: 'a file that the shell may read',
        seen: shownWords(outcome.words),
        next: "log in as somebody who may (shell: { login: … } in the spec), or look at shell.run('ls -l …')",
      });
    case 'full':
      return new GuestwrightError(`There is no room for ${shown} in the guest`, {
        kind: 'assertion',
        code: 'guest-disk-full',
        expected: 'room for the whole file, beside the one that is there',
        seen: shownWords(outcome.words),
        next: "look at shell.run('df -h'), or put it elsewhere",
      });
    case 'unwritten':
      return new GuestwrightError(`${shown} cannot be written in the guest`, {
        kind: 'assertion',
        code: 'guest-file-not-written',
        expected: 'a folder that is there and that the shell may write to',
        seen: shownWords(outcome.words),
        next: "make the folder first: shell.run('mkdir -p …'), or put it elsewhere",
      });
    case 'differs':
      return new GuestwrightError(`${shown} did not arrive as it was sent`, {
        kind: 'infrastructure',
        code: 'file-differs',
        expected: 'the same digest in the guest and here',
        seen: shownWords(outcome.words),
        next: 'something else may write to the serial port (keep the kernel quiet: dmesg -n 1), or to the file',
      });
    case 'no-digest':
      return new GuestwrightError(`Nothing in the guest can check ${shown}`, {
        kind: 'assertion',
        code: 'guest-digest-missing',
        expected: 'one of the programs sha256sum, md5sum, cksum',
        seen: 'none of them',
        next: 'install one of them in the guest',
      });
    case 'unable':
      return new GuestwrightError('No way was found to bring files into the guest and out of it', {
        kind: 'assertion',
        code: 'guest-channel-missing',
        expected: outcome.needs,
        seen: 'a guest without',
        next: 'give the guest that, or bring the files on a disk or CD image (spec fields disks, cdrom)',
      });
  }
}

export function tooLarge(what: string, largest: number): GuestwrightError {
  return new GuestwrightError('The file is too large', {
    kind: 'usage',
    code: 'file-too-large',
    expected: `at most ${largest} bytes`,
    seen: what,
    next: 'use a disk or CD image of the machine instead (spec fields disks, cdrom)',
  });
}

/** The guest's words without what would steer a terminal. */
function shownWords(words: string): string {
  const text = terminalText(words).trim();
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

export function unreadableHere(file: string, cause: unknown): GuestwrightError {
  return new GuestwrightError(
    `The file ${file} cannot be read`,
    {
      kind: 'usage',
      code: 'file-unreadable',
      expected: 'a file on this host',
      seen: cause instanceof Error ? cause.message : String(cause),
    },
    { cause },
  );
}

export function unwritableHere(file: string, cause: unknown): GuestwrightError {
  return new GuestwrightError(
    `The file ${file} cannot be written`,
    {
      kind: 'usage',
      code: 'file-not-written',
      expected: 'a place on this host that may be written to',
      seen: cause instanceof Error ? cause.message : String(cause),
    },
    { cause },
  );
}
