/** What it costs to watch: the trace of a run, and the way from a failed run to its machine, live in a browser. */
import type { Group } from './group.js';
import { measureShow } from './report/show.js';
import { measureTrace, measureVideo } from './report/trace.js';

export const report: Group = {
  async measure(note) {
    return { ...(await measureTrace(note)), ...(await measureVideo(note)), ...(await measureShow(note)) };
  },
};
