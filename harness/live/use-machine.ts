/** Does with a machine what the user of a page does, and writes nothing down. */
import type { Machine } from '../../sdk/machine/types.js';
import { meaningOf } from '../runs/pressed-key.js';
import type { FromPage } from './protocol.js';

/** What of a page's messages goes to the guest. */
export type Use = Extract<FromPage, { kind: 'key' | 'move' | 'click' | 'drag' | 'wheel' }>;

export function isUse(message: FromPage): message is Use {
  return ['key', 'move', 'click', 'drag', 'wheel'].includes(message.kind);
}

/** @throws GuestwrightError of the machine */
export async function useMachine({ keyboard, pointer }: Machine, use: Use): Promise<void> {
  switch (use.kind) {
    case 'key': {
      const meaning = meaningOf(use);
      if (meaning.kind === 'text') await keyboard.type(meaning.text, { secret: use.secret });
      if (meaning.kind === 'chord') await keyboard.press(meaning.chord);
      return;
    }
    case 'move':
      await pointer.move(use.x, use.y);
      return;
    case 'click':
      await pointer.click(use.x, use.y, { button: use.button, count: use.count });
      return;
    case 'drag':
      await pointer.drag(use.from, use.to);
      return;
    case 'wheel':
      await pointer.wheel(use.dy);
  }
}
