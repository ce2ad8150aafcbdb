/** The title and the chapters of a video as ffmpeg's text file of metadata. */
import type { Chapter } from './plan.js';

/** @param title of the video */
export function wordMetadata(title: string, chapters: readonly Chapter[]): string {
  const parts = apart(chapters).flatMap(({ title: name, start, end }) => [
    '[CHAPTER]',
    'TIMEBASE=1/1000',
    `START=${start}`,
    `END=${end}`,
    `title=${escape(name)}`,
  ]);
  return `${[';FFMETADATA1', `title=${escape(title)}`, ...parts].join('\n')}\n`;
}

/** Of chapters that begin at the same instant players know only the first: steps that took no time share one with the next. */
function apart(chapters: readonly Chapter[]): Chapter[] {
  const all: Chapter[] = [];
  for (const chapter of chapters) {
    const last = all.at(-1);
    if (last?.start === chapter.start) {
      all[all.length - 1] = { ...chapter, title: `${last.title}; ${chapter.title}` };
    } else all.push(chapter);
  }
  return all;
}

/** One line without control characters, and with what means something to ffmpeg escaped. */
function escape(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').replaceAll(/[=;#\\]/g, '\\$&');
}
