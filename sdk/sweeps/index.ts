export { powerCut } from './power-cut.js';
export { drawCuts, listCuts, wordSweep } from './word.js';
export type { PowerCut, PowerCutCheck, PowerCutOptions, PowerCutReport, Which } from './types.js';
