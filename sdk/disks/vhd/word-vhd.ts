/** Words for what is said of VHDs. */
import type { VhdFinding } from './check.js';
import { MAX_DISK, SECTOR } from './format.js';
import type { LayoutProblem } from './layout.js';
import type { TableProblem } from './table-problems.js';

/** Characters of a name that are shown. */
const MOST_SHOWN = 200;

/** A name that an image gives, in quotes: it may hold anything, control characters of terminals too. */
export function showName(name: string): string {
  const cut = name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN)}…` : name;
  const shown = cut.replace(/[\p{C}\p{Z}]/gu, (character) =>
    character === ' ' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${shown}"`;
}

const FOOTER_WHY = {
  checksum: 'has a wrong checksum',
  version: 'has a version that is not known',
  type: 'has a type of disk that is not known',
  missing: 'is missing',
};

/** One sentence without its full stop, in lower case. */
export function wordFinding(finding: VhdFinding): string {
  switch (finding.kind) {
    case 'footer-damaged':
      return `its footer ${FOOTER_WHY[finding.why]}, but its copy at the start is good`;
    case 'copy-damaged':
      return `the copy of its footer at the start ${FOOTER_WHY[finding.why]}`;
    case 'copy-differs':
      return 'the copy of its footer at the start says something else than the footer';
    case 'checksum-alone':
      return `its ${finding.of} has a wrong checksum, but all that it says is true of the file`;
    case 'locator-outside':
      return `a name of its parent (${showName(finding.platform)}, ${finding.length} bytes at ${finding.at}) is not within the file`;
    case 'trailing-garbage':
      return `${finding.length} bytes at ${finding.at} belong to nothing`;
    case 'room-lost':
      return `nothing points at ${finding.length} bytes at ${finding.at}, which have room for blocks`;
    case 'parent':
      return finding.message;
    default:
      return wordProblem(finding);
  }
}

/** As {@link wordFinding}. */
export function wordProblem(problem: LayoutProblem | TableProblem): string {
  switch (problem.kind) {
    case 'no-vhd':
      return 'it is no VHD: there is no footer';
    case 'footers-damaged':
      return `its footer ${FOOTER_WHY[problem.why]}, and there is no good copy of it`;
    case 'size-impossible':
      return `its size is ${problem.size} bytes; a VHD has whole sectors of ${SECTOR} bytes, ${MAX_DISK} bytes at most`;
    case 'size-beyond-file':
      return `its size is ${problem.size} bytes, but the file has only ${problem.limit} before the footer`;
    case 'header-outside':
      return problem.at === null ? 'no place is given for its header' : `its header is said to be at ${problem.at}`;
    case 'header-damaged': {
      const why = {
        checksum: 'has a wrong checksum',
        version: FOOTER_WHY.version,
        cookie: 'is not where it is said to be',
      };
      return `its header at ${problem.at} ${why[problem.why]}`;
    }
    case 'block-size-impossible':
      return `its blocks have ${problem.blockSize} bytes, which is no power of two that is read`;
    case 'table-too-short':
      return `its table has ${problem.entries} entries, but its size needs ${problem.blocks}`;
    case 'table-too-long':
      return `its size needs a table of ${problem.blocks} entries, more than are read`;
    case 'table-misplaced': {
      const why = {
        outside: 'is not within the file',
        unaligned: 'does not begin where a sector does',
        overlapping: 'overlaps its header',
      };
      return `its table of ${problem.entries} entries at ${problem.at} ${why[problem.why]}`;
    }
    case 'block-outside':
      return `the ${problem.part} of block ${problem.block}, at ${problem.at}, is not within the file`;
    case 'block-in-structure':
      return `block ${problem.block}, at ${problem.at}, is where the ${problem.structure} is`;
    case 'block-duplicate':
      return `block ${problem.block}, at ${problem.at}, is where another block is`;
    case 'block-overlapping':
      return `block ${problem.block}, at ${problem.at}, overlaps another block`;
  }
}
