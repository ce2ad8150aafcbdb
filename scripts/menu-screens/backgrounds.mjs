// Pictures to put menus on, computed: hills and clouds of soft waves, with grain where they should be like photographs.

/** @param {{ from: number[], to: number[], waves: number, grain?: number, shapes?: boolean, plain?: boolean }} look */
export function paint(look, width, height) {
  const rgba = new Uint8Array(4 * width * height);
  let seed = 12345;
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = x / width;
      const v = y / height;
      const wave = Math.sin(look.waves * (u + 0.3 * v)) * Math.cos(look.waves * (v - 0.2 * u));
      let mix = look.plain ? 0 : 0.5 * v + 0.25 * (1 + wave);
      if (look.shapes && (u - 0.7) ** 2 + (v - 0.35) ** 2 < 0.05) mix = Math.min(1, mix + 0.15);
      if (look.shapes && v > 0.55 + 0.2 * Math.sin(5 * u) && u + v > 0.9) mix = Math.max(0, mix - 0.2);
      const grain = look.grain && random() < 0.1 ? Math.floor(random() * (look.grain + 1)) - look.grain / 2 : 0;
      for (let channel = 0; channel < 3; channel++) {
        const value = look.from[channel] + (look.to[channel] - look.from[channel]) * mix + grain;
        rgba[4 * (y * width + x) + channel] = Math.max(0, Math.min(255, Math.round(value)));
      }
      rgba[4 * (y * width + x) + 3] = look.alpha ?? 255;
    }
  }
  return { width, height, rgba };
}
