/** Shards of a run, balanced by how long tests take: what each has, and whether a merged report is whole. */
export { addMeasured, durationsGiven, durationsLeft, readDurations, writeDurations } from './durations.js';
export type { Measured } from './durations.js';
export { judgeMerged, noteOf, type Merged } from './merged.js';
export { planShard, titleOf, type Plan } from './plan.js';
export { wordMerged, wordNotBalanced, wordPlan, type NotBalanced } from './words.js';
