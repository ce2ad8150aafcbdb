/** Checkpoints: states of a machine under the names of what led to them, so that it need not be done again. */
export { Checkpoints, forgetSnapshot, type Checkpoint, type FoundCheckpoint } from './checkpoints.js';
export { decideKeeping, obstacleTo, type Keeping } from './keeping.js';
