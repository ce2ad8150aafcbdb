import type { Machine } from '../../../sdk/machine/types.js';
import { KeyDecoder } from './keys.js';
import { Painter } from './painter.js';
import { drawFrame, type Picture } from './picture.js';
import type { View } from './session.js';
import type { Terminal } from './terminal.js';

/** The machine's screen, with a status line below it; keys go to its keyboard. */
export class ScreenView implements View {
  readonly wantsWholeTerminal = true;
  readonly #machine: Machine;
  readonly #keys = new KeyDecoder();
  readonly #painter = new Painter();
  #columns = 0;
  #rows = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async show(terminal: Terminal, message: string | null): Promise<void> {
    const { size } = terminal;
    if (size.columns !== this.#columns || size.rows !== this.#rows) {
      terminal.write(this.#painter.clear());
      this.#columns = size.columns;
      this.#rows = size.rows;
    }
    const picture = await this.#picture(size.columns, size.rows - 1);
    terminal.write(this.#painter.paint(picture, this.#status(message ?? picture.note), size));
  }

  async #picture(columns: number, rows: number): Promise<Picture> {
    return drawFrame(await this.#machine.screen.frame(), { columns, rows });
  }

  #status(note: string | null): string {
    const { name, clock, state } = this.#machine;
    const parts = [name, `${(clock.now / 1000).toFixed(1)} s`, state, ...(note === null ? [] : [note])];
    return ` ${parts.join(' | ')} | Ctrl-] leaves`;
  }

  async send(input: string): Promise<void> {
    for (const key of this.#keys.decode(input)) {
      switch (key.kind) {
        case 'text':
          await this.#machine.keyboard.type(key.text);
          break;
        case 'press':
          await this.#machine.keyboard.press(key.chord);
          break;
        case 'unknown':
          break;
      }
    }
  }
}
