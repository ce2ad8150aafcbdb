/** What a keyboard needs of a screen. */
import type { FrameSource } from '../machine/locator.js';
import type { MachinePort } from '../machine/port.js';
import { MachineScreen } from '../machine/screen.js';
import type { Screen } from '../machine/types.js';
import { cellReader } from '../screen/reader.js';
import { GuestPointer } from './pointer.js';

/** Reads the echo of typing, and waits for what a boot command waits for. */
export type KeyboardScreen = FrameSource & Pick<Screen, 'getByText' | 'waitForStable'>;

/** The screen of a port alone: text modes are read, nothing is recognised. */
export function bareScreen(port: MachinePort): KeyboardScreen {
  return new MachineScreen({ port, pointer: new GuestPointer(port), reader: cellReader, goldens: async () => [] });
}
