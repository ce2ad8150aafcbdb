/** A power-cut sweep in words and as a picture. */
import type { PowerCut, PowerCutReport } from './types.js';

/** `52 cuts during 312 writes: 50 recovered, 2 did not`. */
export function wordSweep({ writes, cuts, failed }: PowerCutReport): string {
  const recovered = cuts.length - failed.length;
  const rest = failed.length === 0 ? 'all recovered' : `${recovered} recovered, ${failed.length} did not`;
  return `${cuts.length} ${cuts.length === 1 ? 'cut' : 'cuts'} during ${writes} writes: ${rest}`;
}

/** A line for each cut. */
export function listCuts({ writes, cuts }: PowerCutReport): string {
  const width = String(writes).length;
  return cuts.map((cut) => `after write ${String(cut.writes).padStart(width)}: ${wordOutcome(cut)}\n`).join('');
}

function wordOutcome({ outcome, reason, guestTime }: PowerCut): string {
  const time = `${(guestTime / 1000).toFixed(1)} s guest time`;
  return outcome === 'recovered' ? `recovered (${time})` : `NOT recovered (${time}): ${reason ?? ''}`;
}

const WIDTH = 960;
const HEIGHT = 48;

/** A strip along the step's writes, as SVG: green where the guest recovered, red where it did not. */
export function drawCuts({ writes, cuts }: PowerCutReport): string {
  const each = WIDTH / Math.max(1, cuts.length);
  const bars = cuts.map(({ writes: after, outcome }, i) => {
    const colour = outcome === 'recovered' ? '#2da44e' : '#cf222e';
    const place = `x="${(i * each).toFixed(2)}" y="0" width="${Math.max(0.5, each - 1).toFixed(2)}" height="32"`;
    const said = `after write ${after} of ${writes}: ${outcome === 'recovered' ? 'recovered' : 'not recovered'}`;
    return `<rect ${place} fill="${colour}"><title>${said}</title></rect>`;
  });
  const label = (x: number, anchor: string, words: string): string =>
    `<text x="${x}" y="45" font-family="sans-serif" font-size="12" text-anchor="${anchor}">${words}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">`,
    ...bars,
    label(0, 'start', `write ${cuts[0]?.writes ?? 0}`),
    label(WIDTH, 'end', `write ${cuts.at(-1)?.writes ?? 0} of ${writes}`),
    '</svg>\n',
  ].join('\n');
}
