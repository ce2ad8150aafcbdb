/** Videos read back with ffmpeg's own tools. */
import { execa } from 'execa';
import { z } from 'zod';
import type { Picture } from '../../sdk/screen/picture.js';

const probed = z.object({
  streams: z.tuple([z.object({ codec_name: z.string(), width: z.number(), height: z.number() })]),
  chapters: z.array(
    z.object({
      start_time: z.coerce.number(),
      end_time: z.coerce.number(),
      tags: z.object({ title: z.string() }),
    }),
  ),
  format: z.object({ duration: z.coerce.number(), tags: z.object({ title: z.string() }) }),
});

export interface Webm {
  codec: string;
  width: number;
  height: number;
  title: string;
  /** Seconds. */
  duration: number;
  /** Seconds. */
  chapters: { title: string; start: number; end: number }[];
}

export async function readWebm(file: string): Promise<Webm> {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', '-show_chapters', file];
  const { stdout } = await execa('ffprobe', args);
  const { streams, chapters, format } = probed.parse(JSON.parse(stdout));
  const [{ codec_name: codec, width, height }] = streams;
  return {
    codec,
    width,
    height,
    title: format.tags.title,
    duration: format.duration,
    chapters: chapters.map(({ start_time: start, end_time: end, tags: { title } }) => ({ title, start, end })),
  };
}

/** Every picture of a small video. */
export async function picturesOf(file: string): Promise<Picture[]> {
  const { width, height } = await readWebm(file);
  const args = ['-v', 'error', '-i', file, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgba', 'pipe:1'];
  const { stdout } = await execa('ffmpeg', args, { encoding: 'buffer', stdin: 'ignore' });
  const size = 4 * width * height;
  return Array.from({ length: stdout.length / size }, (_, index) => ({
    width,
    height,
    rgba: stdout.subarray(index * size, (index + 1) * size),
  }));
}

/** Mean difference of the parts of two pictures of one size, 0 to 255. */
export function differenceOf(a: Picture, b: Picture): number {
  let sum = 0;
  for (let i = 0; i < a.rgba.length; i++) sum += Math.abs((a.rgba[i] ?? 0) - (b.rgba[i] ?? 0));
  return sum / a.rgba.length;
}
