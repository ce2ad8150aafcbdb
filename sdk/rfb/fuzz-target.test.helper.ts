/** What is fuzzed, as one module: the fuzzer takes it as it is, or a copy with bugs. */
export { clientMessages, type ClientMessage } from './client-messages.js';
export { GuestwrightError } from '../errors.js';
export { welcome } from './handshake.js';
export { OWN_FORMAT, PixelWriter } from './pixel-format.js';
export { ReadBytes } from './reading.js';
export { ScreenBoard } from './screen-board.js';
export { Viewed } from './viewed.js';
export { encodeZrle } from './zrle.js';
