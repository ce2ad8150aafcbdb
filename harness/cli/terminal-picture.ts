/** Pictures in the terminal, where it can show them. */

/**
 * How a terminal shows pictures: `kitty` by kitty's graphics protocol (kitty, Ghostty), `iterm2` by iTerm2's inline
 * images (iTerm2, WezTerm, mintty), `none` not at all.
 */
export type TerminalPictures = 'kitty' | 'iterm2' | 'none';

/** Told by the environment: asking the terminal itself would wait for those that do not answer. */
export function terminalPictures(env: NodeJS.ProcessEnv, isTerminal: boolean): TerminalPictures {
  // What a multiplexer lies in between may not let through.
  if (!isTerminal || env['TMUX'] !== undefined || env['TERM']?.startsWith('screen') === true) return 'none';
  if (env['KITTY_WINDOW_ID'] !== undefined || env['TERM'] === 'xterm-kitty') return 'kitty';
  if (env['TERM_PROGRAM'] === 'ghostty' || env['TERM'] === 'xterm-ghostty') return 'kitty';
  const program = env['TERM_PROGRAM'] ?? env['LC_TERMINAL'];
  return program !== undefined && ['iTerm.app', 'iTerm2', 'WezTerm', 'mintty'].includes(program) ? 'iterm2' : 'none';
}

/** Bytes of base64 that kitty takes at a time. */
const KITTY_CHUNK = 4096;

/** What shows a PNG when it is written to the terminal; null where it shows none. */
export function drawInTerminal(png: Uint8Array, pictures: TerminalPictures): string | null {
  if (pictures === 'none') return null;
  const base64 = Buffer.from(png).toString('base64');
  if (pictures === 'iterm2') return `\x1b]1337;File=inline=1;size=${png.length};preserveAspectRatio=1:${base64}\x07`;
  const chunks = base64.match(new RegExp(`.{1,${KITTY_CHUNK}}`, 'g')) ?? [];
  return chunks
    .map((chunk, i) => {
      const more = `m=${i < chunks.length - 1 ? 1 : 0}`;
      // Transmit and show (a=T) a PNG (f=100), without an answer (q=2).
      return `\x1b_G${i === 0 ? `a=T,f=100,q=2,${more}` : more};${chunk}\x1b\\`;
    })
    .join('');
}
