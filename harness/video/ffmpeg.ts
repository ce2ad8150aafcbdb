/** The program that makes videos: ffmpeg, run as a process that lives no longer than its pictures come. */
import { execa } from 'execa';

/** Bytes that a video takes at most: it ends there. */
const MOST_VIDEO_BYTES = 64 << 20;

/**
 * VP9, because it knows screens: of 300 pictures of a scrolling console it made 0.5 MB in 3.1 s where VP8 made 2.9 MB in 8 s,
 * with less noise around the characters. A key picture every 100 is what a player can jump to.
 */
const ENCODER = [
  ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-tune-content', 'screen', '-aq-mode', '0'],
  ...['-crf', '24', '-b:v', '0', '-g', '100', '-row-mt', '1', '-threads', '2'],
  ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
];

export interface Encoding {
  /** The program. */
  ffmpeg: string;
  /** Matroska with raw pictures. */
  pictures: AsyncIterable<Uint8Array>;
  /** File with the title and the chapters. */
  metadata: string;
  /** Pixels of the video; null: those of the pictures. Larger pictures are made smaller, smaller ones stand on black. */
  size: { width: number; height: number } | null;
  /** The webm file, which is not there yet. */
  output: string;
  /** Wall ms. */
  timeout: number;
}

export type Encoded = { kind: 'made' } | { kind: 'failed'; reason: string };

export async function encode({ ffmpeg, pictures, metadata, size, output, timeout }: Encoding): Promise<Encoded> {
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-f', 'matroska', '-i', 'pipe:0', '-f', 'ffmetadata', '-i', metadata],
    ...['-map', '0:v', '-map_metadata', '1', '-map_chapters', '1', '-fps_mode', 'vfr', '-vf', filters(size)],
    ...[...ENCODER, '-fs', String(MOST_VIDEO_BYTES), '-f', 'webm', output],
  ];
  const {
    failed,
    timedOut,
    stderr,
    shortMessage = '',
  } = await execa(ffmpeg, args, {
    stdin: pictures,
    stdout: 'ignore',
    reject: false,
    timeout,
    killSignal: 'SIGKILL',
  });
  if (!failed) return { kind: 'made' };
  if (timedOut) return { kind: 'failed', reason: `it was not made within ${(timeout / 1000).toFixed(0)} s` };
  return { kind: 'failed', reason: stderr === '' ? shortMessage : `ffmpeg: ${stderr}` };
}

function filters(size: Encoding['size']): string {
  const colours = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p';
  if (size === null) return colours;
  // Even, as colours are stored for two pixels in each direction.
  const [width, height] = [size.width, size.height].map((side) => Math.max(2, 2 * Math.floor(side / 2)));
  const smaller = `scale='min(iw,${width})':'min(ih,${height})':force_original_aspect_ratio=decrease:flags=area`;
  return `${smaller},pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,${colours}`;
}
