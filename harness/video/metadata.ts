/** The title and the chapters of a video as ffmpeg's text file of metadata. */
import type { Chapter } from './plan.js';

/** @param title of the video */
export function wordMetadata(title: string, chapters: readonly Chapter[]): string {
  const parts = chapters.flatMap(({ title: name, start, end }) => [
    '[CHAPTER]',
    'TIMEBASE=1/1000',
    `START=${start}`,
    `END=${end}`,
    `title=${escape(name)}`,
  ]);
  return `${[';FFMETADATA1', `title=${escape(title)}`, ...parts].join('\n')}\n`;
}

/** One line without control characters, and with what means something to ffmpeg escaped. */
function escape(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').replaceAll(/[=;#\\]/g, '\\$&');
}
