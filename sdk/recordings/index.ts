/** Recordings of runs on engines that are not bit-exact: how they are kept, and how they are replayed. */
export { openRecording, type Recording } from './open.js';
export { replayRecording, type ReplayOptions, type ReplayVerdict } from './replay.js';
export { MANIFEST_FILE } from './manifest.js';
